//! What a paragraph style of a Word file says: how deep its headings are, and which list it numbers.

use std::collections::HashMap;

use super::xml::Element;

/// Styles are based on styles; no program makes chains this long, a loop does.
const LONGEST_CHAIN: usize = 16;

#[derive(Default)]
struct Style {
    name: String,
    based_on: Option<String>,
    outline: Option<u8>,
    list: Option<(String, usize)>,
}

/// The paragraph styles of a document, by id.
#[derive(Default)]
pub(super) struct Styles(HashMap<String, Style>);

impl Styles {
    /// From `word/styles.xml`.
    pub(super) fn of(root: &Element) -> Self {
        let style = |e: &Element| {
            let properties = e.child("pPr");
            let style = Style {
                name: value(e, "name").unwrap_or_default().to_lowercase(),
                based_on: value(e, "basedOn").map(str::to_owned),
                outline: properties.and_then(|p| value(p, "outlineLvl")).and_then(|v| v.parse().ok()),
                list: properties.and_then(list_of),
            };
            Some((e.attribute("styleId")?.to_owned(), style))
        };
        Self(root.elements().filter(|e| e.name == "style").filter_map(style).collect())
    }

    /// Depth of a heading of this style, from 1; titles are 1, and what they head begins at 2 only where `Title` is used.
    pub(super) fn heading_level(&self, id: &str) -> Option<u8> {
        self.chain(id).find_map(|style| match style.name.as_str() {
            "title" => Some(1),
            name => {
                let named = name.strip_prefix("heading ").and_then(|n| n.parse::<u8>().ok());
                named.or(style.outline.filter(|level| *level < 9).map(|level| level + 1))
            }
        })
    }

    /// Whether it is the document's title.
    pub(super) fn is_title(&self, id: &str) -> bool {
        self.0.get(id).is_some_and(|s| s.name == "title")
    }

    /// Whether its paragraphs repeat what stands elsewhere: a table of contents.
    pub(super) fn is_contents(&self, id: &str) -> bool {
        self.0.get(id).is_some_and(|s| s.name.strip_prefix("toc ").is_some_and(|n| n != "heading"))
    }

    /// Whether its paragraphs are captions.
    pub(super) fn is_caption(&self, id: &str) -> bool {
        self.chain(id).any(|s| s.name == "caption")
    }

    /// Whether its paragraphs are items of a list although no numbering says so.
    pub(super) fn is_list(&self, id: &str) -> bool {
        self.chain(id).any(|s| s.name.starts_with("list"))
    }

    /// The list that numbers its paragraphs.
    pub(super) fn list(&self, id: &str) -> Option<(String, usize)> {
        self.chain(id).find_map(|s| s.list.clone())
    }

    fn chain<'a>(&'a self, id: &str) -> impl Iterator<Item = &'a Style> {
        let next = |style: &&'a Style| style.based_on.as_deref().and_then(|id| self.0.get(id));
        std::iter::successors(self.0.get(id), next).take(LONGEST_CHAIN)
    }
}

/// The `val` of a child: Word's way to write a property.
pub(super) fn value<'a>(within: &'a Element, name: &str) -> Option<&'a str> {
    within.child(name)?.attribute("val")
}

/// List and depth that a paragraph's properties name. List 0 means that there is none.
pub(super) fn list_of(properties: &Element) -> Option<(String, usize)> {
    let numbering = properties.child("numPr")?;
    let depth = value(numbering, "ilvl").and_then(|v| v.parse().ok()).unwrap_or(0);
    Some((value(numbering, "numId")?.to_owned(), depth))
}
