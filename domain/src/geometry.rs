//! Where text stands: byte ranges in a document's text, and rectangles on its pages.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A half-open range of bytes in a document's text; both ends lie on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ByteRange {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl ByteRange {
    /// The range `start..end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Length in bytes.
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether it covers no byte.
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether the two share a byte.
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether `other` lies wholly inside.
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

impl From<ByteRange> for Range<usize> {
    fn from(r: ByteRange) -> Self {
        r.start..r.end
    }
}

impl From<Range<usize>> for ByteRange {
    fn from(r: Range<usize>) -> Self {
        Self::new(r.start, r.end)
    }
}

/// A rectangle on a page, in points (1/72 inch), measured from the top left corner of the page as it is displayed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rect {
    /// Page number, from 1.
    pub page: u32,
    /// Distance of the left edge from the page's left edge.
    pub left: f32,
    /// Distance of the top edge from the page's top edge.
    pub top: f32,
    /// Distance of the right edge from the page's left edge.
    pub right: f32,
    /// Distance of the bottom edge from the page's top edge.
    pub bottom: f32,
}

impl Rect {
    /// The smallest rectangle around both; they must stand on the same page.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self {
            page: self.page,
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// Its area, in square points.
    pub const fn area(self) -> f32 {
        (self.right - self.left) * (self.bottom - self.top)
    }

    /// Whether `next` goes on in the same line: a jump to the left, or far to the right, is a new line or another column.
    pub fn goes_on(self, next: Self) -> bool {
        let near = 3.0 * (self.bottom - self.top);
        self.same_line(next) && next.left >= self.left && next.left - self.right < near
    }

    /// Whether the two stand in one line of text: same page, and their heights overlap by more than half of the lower.
    pub fn same_line(self, other: Self) -> bool {
        let overlap = self.bottom.min(other.bottom) - self.top.max(other.top);
        let lower = (self.bottom - self.top).min(other.bottom - other.top);
        self.page == other.page && overlap > lower / 2.0
    }
}
