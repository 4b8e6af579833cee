//! Plain text out of the HTML that learning platforms put into questions.

/// Tags of platforms' editors. What else stands between angle brackets is text: `if a < b and c > d`.
const TAGS: [&str; 48] = [
    "a",
    "abbr",
    "b",
    "big",
    "blockquote",
    "br",
    "center",
    "cite",
    "code",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
];
/// Tags after which a new line begins.
const BREAKS: [&str; 15] =
    ["br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "dd", "dt"];

/// The text, tags taken away, entities read.
pub fn html_to_text(html: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(html.len()), html);
    while let Some(at) = rest.find(['<', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = if rest.starts_with('<') { tag(rest, &mut out) } else { entity(rest, &mut out) };
        if taken == 0 {
            // `<` and `&` are one byte.
            out.push_str(&rest[..1]);
        }
        rest = &rest[taken.max(1)..];
    }
    out.push_str(rest);
    let out = out.replace('\u{a0}', " ");
    out.trim().to_owned()
}

/// Reads a tag; returns its bytes, 0 where there is none.
fn tag(rest: &str, out: &mut String) -> usize {
    let Some(end) = rest.find('>') else { return 0 };
    let inner = rest[1..end].trim_start_matches('/');
    let closing = inner.len() + 1 < end;
    let name: String = inner.chars().take_while(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let after = inner[name.len()..].chars().next();
    if !TAGS.contains(&name.as_str()) || after.is_some_and(|c| !c.is_whitespace() && c != '/') {
        return 0;
    }
    // A paragraph ends a line; `<br>` has no end.
    if BREAKS.contains(&name.as_str()) && (closing || name == "br") {
        out.push('\n');
    }
    end + 1
}

/// Reads a character reference; returns its bytes, 0 where there is none.
fn entity(rest: &str, out: &mut String) -> usize {
    let Some(end) = rest.find(';').filter(|end| *end <= 10) else { return 0 };
    match character(&rest[1..end]) {
        Some(c) => {
            out.push(c);
            end + 1
        }
        None => 0,
    }
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return code.ok().and_then(char::from_u32);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "times" => '×',
        "deg" => '°',
        "middot" => '·',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_entities_go_and_what_only_looks_like_them_stays() {
        for (html, text) in [
            ("<p>One</p><p>two&nbsp;three</p>", "One\ntwo three"),
            ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
            ("if a < b and c > d", "if a < b and c > d"),
            ("Fish & chips; R&D", "Fish & chips; R&D"),
            ("水<sub>2</sub>&#x4e2d;&#25991;<br/>行", "水2中文\n行"),
            ("<b", "<b"),
            ("<pineapple>", "<pineapple>"),
        ] {
            assert_eq!(html_to_text(html), text);
        }
    }
}
