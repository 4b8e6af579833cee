//! Reads XML that strangers wrote into a small tree: no DTD, no entities of its own, bounded depth and size.

use quick_xml::{Reader, events::Event};

use super::FileProblem;

/// Deepest nesting; Moodle's files have about seven.
const MAX_DEPTH: usize = 32;
/// Most elements of a file.
const MAX_ELEMENTS: usize = 200_000;

/// An element with its line.
#[derive(Debug, Default)]
pub struct XmlElement {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<XmlElement>,
    /// Its text, that of its children not counted.
    pub text: String,
    pub line: usize,
}

impl XmlElement {
    /// The first child of this name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// An attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The text of a child; empty where there is none.
    pub fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.trim())
    }
}

/// The root element.
pub fn read(text: &str) -> Result<XmlElement, FileProblem> {
    let mut tree = Tree { text, stack: vec![XmlElement::default()], counted: (0, 1), elements: 0 };
    let mut reader = Reader::from_str(text);
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                let at = usize::try_from(reader.error_position()).unwrap_or(at);
                return Err(tree.problem(at, format!("the XML is broken: {error}")));
            }
        };
        if matches!(event, Event::Eof) {
            break;
        }
        tree.take(&event, at)?;
    }
    let end = text.len();
    let mut stack = std::mem::take(&mut tree.stack);
    if stack.len() > 1 {
        let open = stack.pop().unwrap_or_default();
        return Err(FileProblem::new(open.line, format!("`<{}>` is not closed", open.name)));
    }
    let root = stack.pop().and_then(|mut document| document.children.pop());
    root.ok_or_else(|| tree.problem(end, "the file holds no XML element"))
}

struct Tree<'a> {
    text: &'a str,
    /// The elements that are open, outermost first; below them the document.
    stack: Vec<XmlElement>,
    /// Bytes in which lines were counted already, and the line there.
    counted: (usize, usize),
    elements: usize,
}

impl Tree<'_> {
    fn line(&mut self, at: usize) -> usize {
        let at = at.min(self.text.len());
        if at > self.counted.0 {
            let new = self.text.get(self.counted.0..at).unwrap_or_default();
            self.counted = (at, self.counted.1 + new.matches('\n').count());
        }
        self.counted.1
    }

    fn problem(&mut self, at: usize, reason: impl Into<String>) -> FileProblem {
        FileProblem::new(self.line(at), reason)
    }

    fn take(&mut self, event: &Event<'_>, at: usize) -> Result<(), FileProblem> {
        match event {
            Event::Start(start) => self.open(start, at)?,
            Event::Empty(start) => {
                self.open(start, at)?;
                self.close();
            }
            Event::End(_) => self.close(),
            Event::Text(text) => self.append(&text.xml10_content()),
            Event::CData(data) => self.append(&data.xml10_content()),
            Event::GeneralRef(reference) => {
                let name: &str = reference;
                let Ok(text) = quick_xml::escape::unescape(&format!("&{name};")).map(std::borrow::Cow::into_owned)
                else {
                    let name: String = name.chars().take(40).collect();
                    return Err(self.problem(at, format!("`&{name};` is no reference that XML itself knows")));
                };
                self.append(&text);
            }
            Event::DocType(_) => {
                return Err(self.problem(at, "a document type (DTD) is not read; remove the `<!DOCTYPE …>` line"));
            }
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::Eof => {}
        }
        Ok(())
    }

    fn append(&mut self, text: &str) {
        if let Some(open) = self.stack.last_mut() {
            open.text.push_str(text);
        }
    }

    fn open(&mut self, start: &quick_xml::events::BytesStart<'_>, at: usize) -> Result<(), FileProblem> {
        self.elements += 1;
        if self.stack.len() > MAX_DEPTH || self.elements > MAX_ELEMENTS {
            return Err(self.problem(at, format!("the XML is nested over {MAX_DEPTH} deep or has too many elements")));
        }
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|e| self.problem(at, format!("a broken attribute: {e}")))?;
            let value = quick_xml::escape::unescape(&attribute.value)
                .map_err(|e| self.problem(at, format!("a broken attribute: {e}")))?;
            attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
        }
        let name = start.name().as_ref().to_owned();
        let line = self.line(at);
        self.stack.push(XmlElement { name, attributes, line, ..XmlElement::default() });
        Ok(())
    }

    fn close(&mut self) {
        if self.stack.len() > 1
            && let Some(closed) = self.stack.pop()
            && let Some(parent) = self.stack.last_mut()
        {
            parent.children.push(closed);
        }
    }
}
