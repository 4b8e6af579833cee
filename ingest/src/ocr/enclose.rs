//! The smallest slanted box around points: convex hull (Andrew's monotone chain), then rotating calipers.

use super::picture::Slanted;

type Point = (f32, f32);

/// The box of least area around the points, running from left to right; `None` for none.
pub(super) fn enclose(points: Vec<Point>) -> Option<Slanted> {
    let hull = hull(points);
    let first = *hull.first()?;
    let mut best: Option<(f32, Slanted)> = None;
    for (n, a) in hull.iter().enumerate() {
        let b = hull[(n + 1) % hull.len()];
        let length = (b.0 - a.0).hypot(b.1 - a.1);
        if length < 1e-3 {
            continue;
        }
        let along = ((b.0 - a.0) / length, (b.1 - a.1) / length);
        let around = around(&hull, first, along);
        let area = around.width * around.height;
        if best.is_none_or(|(least, _)| area < least) {
            best = Some((area, around));
        }
    }
    let (_, found) = best?;
    Some(upright(found))
}

fn around(hull: &[Point], from: Point, along: Point) -> Slanted {
    let (mut x, mut y) = ((f32::MAX, f32::MIN), (f32::MAX, f32::MIN));
    for p in hull {
        let (dx, dy) = (p.0 - from.0, p.1 - from.1);
        let (u, v) = (dx * along.0 + dy * along.1, dy * along.0 - dx * along.1);
        x = (x.0.min(u), x.1.max(u));
        y = (y.0.min(v), y.1.max(v));
    }
    let (u, v) = (f32::midpoint(x.0, x.1), f32::midpoint(y.0, y.1));
    let centre = (from.0 + along.0 * u - along.1 * v, from.1 + along.1 * u + along.0 * v);
    Slanted { centre, along, width: x.1 - x.0, height: y.1 - y.0 }
}

/// Makes words run rightwards.
fn upright(mut b: Slanted) -> Slanted {
    if b.along.0.abs() < b.along.1.abs() {
        b = Slanted { along: (b.along.1, -b.along.0), width: b.height, height: b.width, ..b };
    }
    if b.along.0 < 0.0 {
        b.along = (-b.along.0, -b.along.1);
    }
    b
}

fn hull(mut points: Vec<Point>) -> Vec<Point> {
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    points.dedup();
    if points.len() < 3 {
        return points;
    }
    let turn = |o: Point, a: Point, b: Point| (a.0 - o.0) * (b.1 - o.1) - (a.1 - o.1) * (b.0 - o.0);
    let half = |points: &mut dyn Iterator<Item = Point>| {
        let mut out: Vec<Point> = Vec::new();
        for p in points {
            while out.len() > 1 && turn(out[out.len() - 2], out[out.len() - 1], p) <= 0.0 {
                out.pop();
            }
            out.push(p);
        }
        out.pop();
        out
    };
    let mut lower = half(&mut points.iter().copied());
    lower.append(&mut half(&mut points.iter().rev().copied()));
    lower
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_found_whatever_their_slant() {
        let wanted = Slanted { centre: (100.0, 50.0), along: (0.995_037, 0.099_503_7), width: 80.0, height: 12.0 };
        let corners =
            [(0.0, 0.0), (80.0, 0.0), (80.0, 12.0), (0.0, 12.0), (40.0, 6.0)].map(|(x, y)| wanted.point(x, y));
        let found = enclose(corners.to_vec()).unwrap();
        assert!((found.width - 80.0).abs() < 0.01 && (found.height - 12.0).abs() < 0.01, "{found:?}");
        assert!((found.along.1 - 0.0995).abs() < 1e-3 && (found.centre.0 - 100.0).abs() < 0.01);
        let tall = enclose(vec![(0.0, 0.0), (10.0, 0.0), (10.0, 90.0), (0.0, 90.0)]).unwrap();
        assert!((tall.along.0 - 1.0).abs() < 1e-6 && (tall.height - 90.0).abs() < 1e-3);
        assert!(enclose(Vec::new()).is_none() && enclose(vec![(1.0, 1.0)]).is_none());
    }
}
