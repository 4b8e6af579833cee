//! An embedder for tests.

use domain::{
    PortResult,
    ports::{BoxFuture, EmbedRole, Embedder},
};

/// Letter pairs, hashed: texts that share words are near.
pub(crate) struct Pairs;

impl Embedder for Pairs {
    fn dimensions(&self) -> usize {
        64
    }

    fn identity(&self) -> &'static str {
        "pairs"
    }

    fn embed(&self, texts: Vec<String>, _role: EmbedRole) -> BoxFuture<'_, PortResult<Vec<Vec<f32>>>> {
        let vector = |text: &String| {
            let mut v = vec![0.01f32; 64];
            let chars: Vec<char> = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
            for pair in chars.windows(2) {
                v[(pair[0] as usize * 31 + pair[1] as usize * 7) % 64] += 1.0;
            }
            let length = v.iter().map(|x| x * x).sum::<f32>().sqrt();
            v.iter().map(|x| x / length).collect()
        };
        Box::pin(async move { Ok(texts.iter().map(vector).collect()) })
    }
}
