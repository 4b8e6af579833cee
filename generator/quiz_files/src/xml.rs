//! A small XML tree to write: names, attributes, text; everything escaped on the way out.

/// An element, or text between elements.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// An element.
    Element(Element),
    /// Text.
    Text(String),
}

/// An element.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Node>,
}

/// An element of this name.
pub fn el(name: &'static str) -> Element {
    Element { name, ..Element::default() }
}

impl From<Element> for Node {
    fn from(element: Element) -> Self {
        Self::Element(element)
    }
}

impl Element {
    /// With an attribute.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl std::fmt::Display) -> Self {
        self.attributes.push((name, format!("{value}")));
        self
    }

    /// With a child.
    #[must_use]
    pub fn child(mut self, child: impl Into<Node>) -> Self {
        self.children.push(child.into());
        self
    }

    /// With children.
    #[must_use]
    pub fn children(mut self, children: impl IntoIterator<Item = impl Into<Node>>) -> Self {
        self.children.extend(children.into_iter().map(Into::into));
        self
    }

    /// With text.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.children.push(Node::Text(text.into()));
        self
    }

    /// With text in which line breaks are `<br/>`.
    #[must_use]
    pub fn lines(mut self, text: &str) -> Self {
        for (i, line) in text.split('\n').enumerate() {
            if i > 0 {
                self.children.push(el("br").into());
            }
            self.children.push(Node::Text(line.to_owned()));
        }
        self
    }

    /// As a document. `names` says how elements (`true`) and attributes (`false`) are called.
    pub fn document(&self, names: &dyn Fn(&'static str, bool) -> String) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        self.write(&mut out, names);
        out.push('\n');
        out
    }

    fn write(&self, out: &mut String, names: &dyn Fn(&'static str, bool) -> String) {
        let name = names(self.name, true);
        out.push('<');
        out.push_str(&name);
        for (attribute, value) in &self.attributes {
            out.push(' ');
            out.push_str(&names(attribute, false));
            out.push_str("=\"");
            escape(value, out);
            out.push('"');
        }
        if self.children.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        let mixed = self.children.iter().any(|child| matches!(child, Node::Text(_)));
        for child in &self.children {
            match child {
                Node::Text(text) => escape(text, out),
                Node::Element(element) => {
                    if !mixed {
                        out.push('\n');
                    }
                    element.write(out, names);
                }
            }
        }
        if !mixed {
            out.push('\n');
        }
        out.push_str("</");
        out.push_str(&name);
        out.push('>');
    }
}

/// Line breaks and tabs are escaped too: in attributes they would become blanks.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c => out.push(c),
        }
    }
}
