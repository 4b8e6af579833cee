//! Attention over paged keys and values, page by page with a running softmax (Dao et al., 2022; Milakov and
//! Gimelshein, 2018), so that no row of scores is ever held and masked pages are never touched.
//!
//! Pages are summed up by eight, and the eights in order: so a position's result is the same to the last bit whether it
//! is computed with its whole prompt, in a chunk of it, or alone with the pages shared out among threads.

use super::{
    Isa, KvMemory, PAGE, Pool,
    isa::for_each_isa,
    kv_memory::{HeadPage, LARGEST, multiply_words, padded, write_query},
    simd::Simd,
};

/// Pages that are summed up before they join the rest.
const SPAN: usize = 8;

/// Rows of a sequence that one task takes.
const ROWS: usize = 16;

/// Query rows that go through a page together: as many as fit the registers, of 256 bits
const TILE: usize = 3;

/// and of 512.
const WIDE_TILE: usize = 6;

/// A state: the largest score, then from here the sums of weights, by lane,
const SUMS: usize = 1;

/// then from here the weighted sums of values.
const HEAD: usize = SUMS + 16;

/// Consecutive rows of one sequence.
pub(crate) struct Attend<'a> {
    /// The sequence's pages, from its beginning.
    pub pages: &'a [u32],
    /// The first of its rows among the queries.
    pub row: usize,
    /// How many they are.
    pub rows: usize,
    /// The first row's position.
    pub position: usize,
}

/// Queries in fixed point, and room for results in progress. The memory is kept from use to use.
#[derive(Default)]
pub(crate) struct Queries {
    heads: usize,
    /// `[row][head][pair]`.
    words: Vec<i32>,
    /// `[row][head]`.
    scales: Vec<f32>,
    states: Vec<f32>,
}

impl Queries {
    /// Makes room for `rows` rows of `heads` heads of `head` numbers.
    pub(crate) fn resize(&mut self, rows: usize, heads: usize, head: usize) {
        self.heads = heads;
        self.words.resize(rows * heads * head / 2, 0);
        self.scales.resize(rows * heads, 0.0);
    }

    /// Each row's part, to be written by `QueryRow::write`.
    pub(crate) fn rows_mut(&mut self) -> impl Iterator<Item = QueryRow<'_>> {
        let words = self.words.len() / (self.scales.len() / self.heads).max(1);
        let scales = self.scales.chunks_exact_mut(self.heads);
        self.words.chunks_exact_mut(words.max(1)).zip(scales).map(|(words, scales)| QueryRow { words, scales })
    }
}

/// One row of queries.
pub(crate) struct QueryRow<'a> {
    words: &'a mut [i32],
    scales: &'a mut [f32],
}

impl QueryRow<'_> {
    /// Writes one row: all heads, of `head` numbers each.
    pub(crate) fn write(&mut self, row: &[f32], head: usize) {
        // Scores are powers of two.
        let scale = std::f32::consts::LOG2_E / (head as f32).sqrt();
        let words = self.words.chunks_exact_mut(head / 2);
        for ((query, words), to) in row.chunks_exact(head).zip(words).zip(self.scales.iter_mut()) {
            *to = write_query(query, words) * scale;
        }
    }
}

/// A task: some rows of a sequence, one key head, some of the pages.
struct AttentionTask {
    attend: usize,
    kv_head: usize,
    first: usize,
    rows: usize,
    spans: std::ops::Range<usize>,
    /// Where its states are.
    state: usize,
}

/// One layer's attention: `out[row][head]` for every row of `list`, whose pages must hold its keys and values already.
///
/// # Panics
/// Where the sizes do not go together.
pub(crate) fn attention(
    (pool, isa): (&Pool, Isa),
    memory: &KvMemory,
    (layer, kv_heads): (usize, usize),
    queries: &mut Queries,
    list: &[Attend<'_>],
    out: &mut [f32],
) {
    let (head, heads) = (memory.head, queries.heads);
    let group = heads / kv_heads;
    let state = HEAD + padded(head);
    let (tasks, states) = plan(list, kv_heads, group, state);
    queries.states.resize(states, 0.0);
    let rows = queries.scales.len() / heads.max(1);
    assert!(list.iter().all(|a| a.row + a.rows <= rows && a.position + a.rows <= a.pages.len() * PAGE));
    assert_eq!(out.len(), rows * heads * head, "the output's length");
    let mut left = queries.states.as_mut_slice();
    let mut slots = Vec::with_capacity(tasks.len());
    for task in &tasks {
        let (slot, rest) = left.split_at_mut(task.rows * group * state);
        slots.push((task, slot));
        left = rest;
    }
    let input = AttentionInput { memory, layer, words: &queries.words, scales: &queries.scales, heads, group };
    pool.for_each(slots, |(task, states)| {
        // SAFETY: the rows are among the queries and their pages in the table, checked above.
        unsafe { attend(isa, &input, &list[task.attend], task, states) };
    });
    for task in &tasks {
        let size = task.rows * group * state;
        finish(&tasks, task, list, &mut queries.states, (size, state, group, head, heads), out);
    }
}

/// Shares the work out: long runs of rows by rows, single rows by spans of pages.
fn plan(list: &[Attend<'_>], kv_heads: usize, group: usize, state: usize) -> (Vec<AttentionTask>, usize) {
    let (mut tasks, mut at) = (Vec::new(), 0);
    let mut push = |attend: usize, kv_head, first, rows: usize, spans| {
        tasks.push(AttentionTask { attend, kv_head, first, rows, spans, state: at });
        at += rows * group * state;
    };
    for (n, a) in list.iter().enumerate() {
        let spans = |end: usize| (a.position + end).div_ceil(PAGE * SPAN);
        for kv_head in 0..kv_heads {
            if a.rows <= TILE {
                for span in 0..spans(a.rows) {
                    push(n, kv_head, 0, a.rows, span..span + 1);
                }
                continue;
            }
            for first in (0..a.rows).step_by(ROWS) {
                let rows = ROWS.min(a.rows - first);
                push(n, kv_head, first, rows, 0..spans(first + rows));
            }
        }
    }
    (tasks, at)
}

/// Joins a task's states with those of the spans after it, and writes the result, if it is the first of its rows.
fn finish(
    tasks: &[AttentionTask],
    task: &AttentionTask,
    list: &[Attend<'_>],
    states: &mut [f32],
    (size, state, group, head, heads): (usize, usize, usize, usize, usize),
    out: &mut [f32],
) {
    if task.spans.start > 0 {
        return;
    }
    let attend = &list[task.attend];
    let (before, after) = states.split_at_mut(task.state + size);
    let own = &mut before[task.state..];
    // The tasks of the same rows follow each other, one per span.
    let parts = if attend.rows <= TILE { (attend.position + attend.rows).div_ceil(PAGE * SPAN) } else { 1 };
    debug_assert!(parts <= tasks.len());
    for part in after.chunks_exact(size.max(1)).take(parts - 1) {
        for (own, part) in own.chunks_exact_mut(state).zip(part.chunks_exact(state)) {
            join(own, part);
        }
    }
    for (n, own) in own.chunks_exact(state).enumerate() {
        let (row, g) = (attend.row + task.first + n / group, n % group);
        let to = &mut out[(row * heads + task.kv_head * group + g) * head..][..head];
        let sum: f32 = own[SUMS..HEAD].iter().sum();
        for (to, v) in to.iter_mut().zip(&own[HEAD..]) {
            *to = v / sum;
        }
    }
}

/// Joins two states.
#[inline(always)]
fn join(into: &mut [f32], part: &[f32]) {
    if part[0] <= f32::MIN {
        return;
    }
    let largest = into[0].max(part[0]);
    let (old, new) = (exp2(into[0] - largest), exp2(part[0] - largest));
    into[0] = largest;
    for (into, part) in into[SUMS..].iter_mut().zip(&part[SUMS..]) {
        *into = *into * old + part * new;
    }
}

/// The vectors' exponential, for one number.
#[inline(always)]
fn exp2(x: f32) -> f32 {
    // SAFETY: plain Rust runs anywhere.
    unsafe { super::portable::Portable::exp2([x; 8])[0] }
}

struct AttentionInput<'a> {
    memory: &'a KvMemory,
    layer: usize,
    words: &'a [i32],
    scales: &'a [f32],
    heads: usize,
    group: usize,
}

for_each_isa! {
    /// Computes a task's states. Its rows must be among the queries, its pages in the table, `states` of their length.
    fn attend = attend_generic(input: &AttentionInput<'_>, attend: &Attend<'_>, task: &AttentionTask, states: &mut [f32])
}

#[inline(always)]
unsafe fn attend_generic<S: Simd>(
    input: &AttentionInput<'_>,
    attend: &Attend<'_>,
    task: &AttentionTask,
    states: &mut [f32],
) {
    let state = HEAD + padded(input.memory.head);
    let mut span_states = vec![0.0f32; states.len()];
    clear(states, state);
    for span in task.spans.clone() {
        clear(&mut span_states, state);
        let end = (attend.position + task.first + task.rows).div_ceil(PAGE).min((span + 1) * SPAN);
        for page in span * SPAN..end {
            let memory = input.memory.page(attend.pages[page], input.layer, task.kv_head);
            // SAFETY: the caller's promise.
            unsafe { page_rows::<S>(input, attend, task, &memory, page * PAGE, &mut span_states) };
        }
        for (into, part) in states.chunks_exact_mut(state).zip(span_states.chunks_exact(state)) {
            join(into, part);
        }
    }
}

fn clear(states: &mut [f32], state: usize) {
    for state in states.chunks_exact_mut(state) {
        state.fill(0.0);
        state[0] = f32::MIN;
    }
}

/// One page with all rows of a task that see it.
#[inline(always)]
unsafe fn page_rows<S: Simd>(
    input: &AttentionInput<'_>,
    attend: &Attend<'_>,
    task: &AttentionTask,
    page: &HeadPage<'_>,
    start: usize,
    states: &mut [f32],
) {
    let (head, group) = (input.memory.head, input.group);
    let state = HEAD + padded(head);
    // SAFETY: a page has 32 scales.
    let whole = unsafe { ValueUnit::<S>::of(page, PAGE as i32) };
    // Rows before the page see none of it.
    let blind = start.saturating_sub(attend.position + task.first).min(task.rows);
    let (mut n, end) = (blind * group, task.rows * group);
    while n < end {
        let place = (start, n);
        let states = &mut states[n * state..];
        // SAFETY: rows `n` to before `n + count` are the task's.
        n += unsafe {
            match end - n {
                WIDE_TILE.. if S::LANES == 16 => tile::<S, WIDE_TILE>(input, attend, task, page, &whole, place, states),
                TILE.. => tile::<S, TILE>(input, attend, task, page, &whole, place, states),
                _ => tile::<S, 1>(input, attend, task, page, &whole, place, states),
            }
        };
    }
}

/// One page with `T` rows, from row `n` of the task's. Returns `T`.
#[inline(always)]
unsafe fn tile<S: Simd, const T: usize>(
    input: &AttentionInput<'_>,
    attend: &Attend<'_>,
    task: &AttentionTask,
    page: &HeadPage<'_>,
    whole: &ValueUnit<S>,
    (start, n): (usize, usize),
    states: &mut [f32],
) -> usize {
    let (head, group) = (input.memory.head, input.group);
    let padded = padded(head);
    let size = HEAD + padded;
    let queries: [&[i32]; T] = std::array::from_fn(|t| {
        let query = query_of(input, attend, task, n + t);
        &input.words[query * head / 2..][..head / 2]
    });
    // SAFETY: queries have head / 2 words, the page as many steps of keys and 16 of values; T is at most LANES.
    unsafe {
        let scores = multiply_words::<S, T>(queries.map(<[i32]>::as_ptr), page.keys.as_ptr(), 2 * PAGE, head / 2);
        let mut weights = [[0i16; PAGE]; T];
        let mut sums = [S::zero(); T];
        let (mut before, mut largest, mut units) = ([0.0f32; 16], [0.0f32; 16], [0.0f32; 16]);
        for t in 0..T {
            let row = attend.position + task.first + (n + t) / group;
            let visible = (row + 1 - start).min(PAGE) as i32;
            let part = if visible < PAGE as i32 { &ValueUnit::of(page, visible) } else { whole };
            let scale = input.scales[query_of(input, attend, task, n + t)];
            (largest[t], sums[t]) = soften::<S>(scores[t], scale, visible, page, part, &mut weights[t]);
            (before[t], units[t]) = (states[t * size], part.unit);
        }
        let (old, new) = (S::load_f(before.as_ptr()), S::load_f(largest.as_ptr()));
        let most = S::max_f(old, new);
        let (mut keeps, mut factors, mut values) = ([0.0f32; 16], [0.0f32; 16], [0.0f32; 16]);
        S::store_f(largest.as_mut_ptr(), most);
        S::store_f(keeps.as_mut_ptr(), S::exp2(S::sub_f(old, most)));
        let factor = S::exp2(S::sub_f(new, most));
        S::store_f(factors.as_mut_ptr(), factor);
        S::store_f(values.as_mut_ptr(), S::mul_f(factor, S::load_f(units.as_ptr())));
        let take = |to: *mut f32, part: S::F, factor: f32, keep: f32| {
            S::store_f(to, S::fma(part, S::splat_f(factor), S::mul_f(S::load_f(to), S::splat_f(keep))));
        };
        for t in 0..T {
            states[t * size] = largest[t];
            take(states.as_mut_ptr().add(t * size + SUMS), sums[t], factors[t], keeps[t]);
        }
        let words: [*const i32; T] = std::array::from_fn(|t| weights[t].as_ptr().cast());
        for block in 0..padded / 32 {
            let sums = multiply_words::<S, T>(words, page.values.as_ptr().add(block * 64), 2 * padded, PAGE / 2);
            for t in 0..T {
                let to = states.as_mut_ptr().add(t * size + HEAD + block * 32);
                for (v, sum) in sums[t].iter().enumerate().take(32 / S::LANES) {
                    take(to.add(v * S::LANES), S::to_f(*sum), values[t], keeps[t]);
                }
            }
        }
    }
    T
}

/// The number of row `n` of a task's among all queries.
fn query_of(input: &AttentionInput<'_>, attend: &Attend<'_>, task: &AttentionTask, n: usize) -> usize {
    (attend.row + task.first + n / input.group) * input.heads + task.kv_head * input.group + n % input.group
}

/// How the weights of a page's values become fixed point.
struct ValueUnit<S: Simd> {
    /// What each weight, at most 1, is multiplied by: its value's scale, and what makes the largest of them `LARGEST`.
    scales: [S::F; 4],
    /// What the weighted values are to be multiplied by.
    unit: f32,
}

impl<S: Simd> ValueUnit<S> {
    /// That of a page's first `visible` positions.
    #[inline(always)]
    unsafe fn of(page: &HeadPage<'_>, visible: i32) -> Self {
        // SAFETY: there are 32 scales, 32 / LANES vectors.
        unsafe {
            let mut scales = [S::zero(); 4];
            let mut most = S::zero();
            for v in 0..32 / S::LANES {
                let scale = S::load_f(page.value_scales.as_ptr().add(v * S::LANES));
                scales[v] = S::first_lanes(scale, visible - (v * S::LANES) as i32, S::zero());
                most = S::max_f(most, scales[v]);
            }
            let most = S::largest(most);
            let up = S::splat_f(if most > 0.0 { LARGEST / most } else { 0.0 });
            Self { scales: scales.map(|scale| S::mul_f(scale, up)), unit: most / LARGEST }
        }
    }
}

/// Turns a row's scores into weights, relative to the largest, of the page's values in fixed point. Returns the largest
/// score, and by lane the sums of the weights.
#[inline(always)]
unsafe fn soften<S: Simd>(
    scores: [S::I; 4],
    scale: f32,
    visible: i32,
    page: &HeadPage<'_>,
    unit: &ValueUnit<S>,
    weights: &mut [i16; PAGE],
) -> (f32, S::F) {
    // SAFETY: scales and weights have 32 entries, 32 / LANES vectors.
    unsafe {
        let count = 32 / S::LANES;
        let (hidden, scale) = (S::splat_f(f32::MIN), S::splat_f(scale));
        let mut p = [hidden; 4];
        let mut largest = hidden;
        for v in 0..count {
            let by = S::mul_f(scale, S::load_f(page.key_scales.as_ptr().add(v * S::LANES)));
            p[v] = S::mul_f(S::to_f(scores[v]), by);
            if visible < PAGE as i32 {
                p[v] = S::first_lanes(p[v], visible - (v * S::LANES) as i32, hidden);
            }
            largest = S::max_f(largest, p[v]);
        }
        let largest = S::largest(largest);
        let mut sum = S::zero();
        for v in 0..count {
            let weight = S::exp2(S::sub_f(p[v], S::splat_f(largest)));
            sum = S::add_f(sum, weight);
            S::store_i16(weights.as_mut_ptr().add(v * S::LANES), S::round(S::mul_f(weight, unit.scales[v])));
        }
        (largest, sum)
    }
}
