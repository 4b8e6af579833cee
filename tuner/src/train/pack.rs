//! Packs rows into sequences. Rows of a group share the tokens with which all of them begin.

use std::collections::HashMap;

use domain::task_prompts::{self, refusal_of};

use crate::{
    TunerError, TunerResult,
    network::{Goal, Sequence, Span},
    random::Random,
    rows::Row,
    text::TextCodec,
};

/// A shared beginning shorter than this is not worth a span of its own.
const SHORTEST_PREFIX: usize = 8;

/// Sequences that are open for more rows at a time.
const OPEN: usize = 16;

/// A row in tokens.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TokenRow {
    pub task: usize,
    pub tokens: Vec<u32>,
    /// Where the answer begins.
    pub prompt: usize,
    /// The first token of its language's refusal, for rows that answer or refuse.
    pub refusal: Option<u32>,
}

/// All rows in tokens, by group.
pub(crate) struct TokenRows {
    pub rows: Vec<TokenRow>,
    /// Rows of each group.
    pub groups: Vec<Vec<usize>>,
    /// Names of the tasks.
    pub tasks: Vec<String>,
}

impl TokenRows {
    /// Turns rows into tokens. One that does not fit into a sequence is an error.
    pub(crate) fn encode(rows: &[Row], codec: &TextCodec, sequence: usize) -> TunerResult<Self> {
        let mut all = Self { rows: Vec::new(), groups: Vec::new(), tasks: Vec::new() };
        let mut groups: HashMap<&str, usize> = HashMap::new();
        for row in rows {
            let encoded = codec.encode_conversation(&row.messages)?;
            let tokens = encoded.tokens.len();
            if tokens > sequence {
                return Err(TunerError::RowTooLong { id: row.id.clone(), tokens, limit: sequence });
            }
            let task = all.tasks.iter().position(|t| *t == row.task).unwrap_or_else(|| {
                all.tasks.push(row.task.clone());
                all.tasks.len() - 1
            });
            let decides = row.task == "answer" || row.task == "refuse";
            let version = row.task_prompts().unwrap_or(task_prompts::VERSION);
            let refusal =
                if decides { codec.encode(refusal_of(version, row.language))?.first().copied() } else { None };
            let group = match row.group.as_str() {
                "" => None,
                name => Some(*groups.entry(name).or_insert(all.groups.len())),
            };
            let place = group.unwrap_or(all.groups.len());
            if place == all.groups.len() {
                all.groups.push(Vec::new());
            }
            all.groups[place].push(all.rows.len());
            all.rows.push(TokenRow { task, tokens: encoded.tokens, prompt: encoded.prompt, refusal });
        }
        Ok(all)
    }

    /// Packs all rows into sequences of at most `length` tokens, in an order that depends on the seed alone. With each
    /// come the rows that its goals belong to, in the goals' order.
    pub(crate) fn pack(&self, length: usize, mut random: Random) -> Vec<Packed> {
        let mut groups = self.groups.clone();
        random.shuffle(&mut groups);
        let units = groups.into_iter().flat_map(|group| self.units(group, length));
        let (mut open, mut done): (Vec<Packed>, Vec<Packed>) = (Vec::new(), Vec::new());
        for unit in units {
            // Into the fullest sequence that still has room.
            let fits = open.iter_mut().filter(|p| p.tokens + unit.tokens <= length).max_by_key(|p| p.tokens);
            if let Some(packed) = fits {
                packed.tokens += unit.tokens;
                packed.units.push(unit);
                continue;
            }
            if open.len() == OPEN {
                let fullest = (0..OPEN).max_by_key(|n| open[*n].tokens).unwrap_or_default();
                done.push(open.swap_remove(fullest));
            }
            open.push(Packed { tokens: unit.tokens, units: vec![unit] });
        }
        done.extend(open);
        random.shuffle(&mut done);
        done
    }

    /// A group in pieces that each fit into a sequence: a beginning and the rows that share it.
    fn units(&self, group: Vec<usize>, length: usize) -> Vec<Unit> {
        let prefix = self.common_prefix(&group);
        let mut units: Vec<Unit> = Vec::new();
        for row in group {
            let own = self.rows[row].tokens.len() - prefix;
            match units.last_mut().filter(|u| prefix > 0 && u.tokens + own <= length) {
                Some(unit) => {
                    unit.tokens += own;
                    unit.rows.push(row);
                }
                None => units.push(Unit { prefix, tokens: prefix + own, rows: vec![row] }),
            }
        }
        units
    }

    /// How many tokens all rows of the group begin with; the prompt's last stays with each row, as it predicts.
    fn common_prefix(&self, group: &[usize]) -> usize {
        let Some((first, rest)) = group.split_first() else { return 0 };
        if rest.is_empty() {
            return 0;
        }
        let first = &self.rows[*first];
        let mut common = first.prompt - 1;
        for row in rest.iter().map(|r| &self.rows[*r]) {
            let same = first.tokens.iter().zip(&row.tokens).take_while(|(a, b)| a == b).count();
            common = common.min(same).min(row.prompt - 1);
        }
        if common < SHORTEST_PREFIX { 0 } else { common }
    }
}

/// Rows that share a beginning of `prefix` tokens.
#[derive(Clone, Debug)]
struct Unit {
    prefix: usize,
    tokens: usize,
    rows: Vec<usize>,
}

/// What goes into one sequence.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    /// In all, shared ones once.
    pub tokens: usize,
    units: Vec<Unit>,
}

impl Packed {
    /// The rows, in the order of their goals.
    pub(crate) fn rows(&self) -> impl Iterator<Item = usize> {
        self.units.iter().flat_map(|u| u.rows.iter().copied())
    }

    /// The sequence itself.
    pub(crate) fn sequence(&self, all: &TokenRows) -> Sequence {
        let mut sequence = Sequence::default();
        for unit in &self.units {
            let start = sequence.tokens.len();
            let shared = start..start + unit.prefix;
            for (n, row) in unit.rows.iter().map(|r| &all.rows[*r]).enumerate() {
                if n == 0 && unit.prefix > 0 {
                    append(&mut sequence, &row.tokens[..unit.prefix], 0, 0..0);
                }
                let at = append(&mut sequence, &row.tokens[unit.prefix..], unit.prefix, shared.clone());
                let goals = row.tokens.iter().enumerate().skip(row.prompt);
                sequence.goals.extend(goals.map(|(place, token)| Goal {
                    position: at + place - 1 - unit.prefix,
                    token: *token,
                    weight: 1.0,
                }));
            }
        }
        sequence
    }
}

/// Appends tokens that see `prefix` and themselves; returns where they begin.
fn append(sequence: &mut Sequence, tokens: &[u32], position: usize, prefix: std::ops::Range<usize>) -> usize {
    let at = sequence.tokens.len();
    sequence.tokens.extend(tokens);
    sequence.positions.extend((position..position + tokens.len()).map(|p| p as u32));
    sequence.spans.push(Span { own: at..at + tokens.len(), prefix });
    at
}
