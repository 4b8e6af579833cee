//! XML to a tree, within bounds. No DTD is read and no entity but XML's own five is expanded, so that neither expansion
//! nor an external file can be asked for.

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesRef, BytesStart, Event},
};

use super::archive::damaged;
use crate::{IngestError, decode_text::decode_text};

/// Office files nest some dozens deep.
const DEEPEST: usize = 400;
/// Elements and runs of text in one part.
const MOST_NODES: usize = 4_000_000;

/// An element. Names are local: `p` for `w:p`.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub name: String,
    attributes: Vec<(String, String)>,
    pub children: Vec<Node>,
}

/// What stands in an element.
#[derive(Debug)]
pub(super) enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    /// The value of an attribute, by its local name (`id` for `r:id`; the full name comes first where both occur).
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let full = self.attributes.iter().find(|(key, _)| key == name);
        let local = || self.attributes.iter().find(|(key, _)| key.rsplit(':').next() == Some(name));
        full.or_else(local).map(|(_, value)| value.as_str())
    }

    pub(super) fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first child of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.elements().find(|e| e.name == name)
    }

    /// The first child of a child of a child …
    pub(super) fn path(&self, names: &[&str]) -> Option<&Self> {
        names.iter().try_fold(self, |at, name| at.child(name))
    }

    /// All descendants of this name, outermost first; what stands inside one is not looked at.
    pub(super) fn find_all<'a>(&'a self, name: &str, found: &mut Vec<&'a Self>) {
        for element in self.elements() {
            if element.name == name { found.push(element) } else { element.find_all(name, found) }
        }
    }

    /// The first descendant of this name.
    pub(super) fn find(&self, name: &str) -> Option<&Self> {
        self.elements().find_map(|e| if e.name == name { Some(e) } else { e.find(name) })
    }

    /// All text in it.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        self.push_text(&mut text);
        text
    }

    fn push_text(&self, text: &mut String) {
        for node in &self.children {
            match node {
                Node::Text(words) => text.push_str(words),
                Node::Element(element) => element.push_text(text),
            }
        }
    }
}

/// The root element of a part.
pub(super) fn parse(bytes: &[u8], part: &str) -> Result<Element, IngestError> {
    let wrong = |what: &str| damaged(format!("the XML of its part {part} {what}"));
    let text = decode_text(bytes);
    let mut reader = Reader::from_str(&text);
    let mut open = vec![Element::default()];
    let mut nodes = 0;
    loop {
        nodes += 1;
        if nodes > MOST_NODES {
            return Err(wrong("has too many elements"));
        }
        match reader.read_event().map_err(|e| wrong(&format!("is broken: {e}")))? {
            Event::Start(start) => {
                if open.len() > DEEPEST {
                    return Err(wrong(&format!("is nested more than {DEEPEST} deep")));
                }
                open.push(element(&start));
            }
            Event::Empty(start) => push(&mut open, Node::Element(element(&start))),
            Event::End(_) => close(&mut open),
            Event::Text(words) => push(&mut open, Node::Text(words.xml10_content().into_owned())),
            Event::CData(words) => push(&mut open, Node::Text(words.xml10_content().into_owned())),
            Event::GeneralRef(reference) => {
                let ch = resolve(&reference).ok_or_else(|| wrong("refers to an entity that is not expanded"))?;
                push(&mut open, Node::Text(ch.to_string()));
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    let root = open.pop().unwrap_or_default().children.into_iter().find_map(|node| match node {
        Node::Element(element) => Some(element),
        Node::Text(_) => None,
    });
    root.ok_or_else(|| wrong("has no content"))
}

fn push(open: &mut [Element], node: Node) {
    if let Some(parent) = open.last_mut() {
        parent.children.push(node);
    }
}

fn close(open: &mut Vec<Element>) {
    if open.len() > 1
        && let Some(element) = open.pop()
    {
        push(open, Node::Element(element));
    }
}

fn element(start: &BytesStart<'_>) -> Element {
    let attributes = start
        .attributes()
        .with_checks(false)
        .filter_map(Result::ok)
        .map(|a| {
            let value = a
                .normalized_value(XmlVersion::Implicit1_0)
                .map_or_else(|_| a.value.to_string(), std::borrow::Cow::into_owned);
            (a.key.into_inner().to_owned(), value)
        })
        .collect();
    Element { name: start.local_name().into_inner().to_owned(), attributes, children: Vec::new() }
}

fn resolve(reference: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(ch)) = reference.resolve_char_ref() {
        return Some(ch);
    }
    Some(match reference.xml10_content().as_ref() {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_attributes_and_entities() {
        let root = parse(b"<w:a x:id='1' id='2'><w:b>x &amp; &#x4e2d;</w:b><c/></w:a>", "a").unwrap();
        assert_eq!((root.name.as_str(), root.attribute("id")), ("a", Some("2")));
        assert_eq!(root.child("b").unwrap().text(), "x & 中");
        assert!(root.child("c").unwrap().children.is_empty());
    }

    #[test]
    fn what_is_hostile_is_refused() {
        let bomb = "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><x>&b;</x>";
        assert_eq!(parse(bomb.as_bytes(), "a").unwrap_err().code(), "document_damaged");
        let outside = "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>";
        assert!(parse(outside.as_bytes(), "a").unwrap_err().to_string().contains("entity"));
        let deep = "<a>".repeat(100_000);
        assert!(parse(deep.as_bytes(), "a").unwrap_err().to_string().contains("deep"));
        assert!(parse(b"<a><b></a>", "a").is_err() && parse(b"", "a").is_err());
    }
}
