//! Questions and sentences in different scripts: meaning alone chooses, and is evidence.

use domain::{
    ByteRange, DocumentId, Language, Passage, PortResult, Scores, Script,
    ports::{BoxFuture, EmbedRole, Embedder, LanguageBias},
};
use text::{select_quote, sentences_of};

use crate::refuse::evidence;

/// Texts about the moon lie one way, all others another way; the language tells more than both.
struct Biased([LanguageBias; 2]);

fn unbiased(x: f32, y: f32, script: Script) -> Vec<f32> {
    let language = if script == Script::Unspaced { 4.0 } else { -4.0 };
    LanguageBias::default().off_text(&[x, y, language])
}

impl Biased {
    fn new() -> Self {
        let of = |script| LanguageBias { text: unbiased(0.0, 0.0, script), token: Vec::new() };
        Self([of(Script::Spaced), of(Script::Unspaced)])
    }
}

impl Embedder for Biased {
    fn dimensions(&self) -> usize {
        3
    }

    fn identity(&self) -> &'static str {
        "biased"
    }

    fn language_bias(&self, script: Script, _role: EmbedRole) -> Option<&LanguageBias> {
        self.0.get(usize::from(script == Script::Unspaced))
    }

    fn embed(&self, texts: Vec<String>, _role: EmbedRole) -> BoxFuture<'_, PortResult<Vec<Vec<f32>>>> {
        let vector = |text: &String| {
            let moon = text.contains("moon") || text.contains('月');
            unbiased(if moon { 1.0 } else { 0.0 }, if moon { 0.0 } else { 1.0 }, Script::of(text))
        };
        let vectors = texts.iter().map(vector).collect();
        Box::pin(async move { Ok(vectors) })
    }
}

fn passage(text: &str, score: f32) -> Passage {
    Passage {
        n: 1,
        document_id: DocumentId::new(),
        document_name: String::new(),
        pages: (1, 1),
        heading_path: Vec::new(),
        text: text.to_owned(),
        range: ByteRange::new(0, text.len()),
        score,
        scores: Scores::default(),
        boxes: Vec::new(),
    }
}

#[tokio::test]
async fn a_sentence_in_another_script_is_chosen_by_its_meaning_alone() {
    let passages = [passage("花崗岩冷卻得很慢。月球繞著地球轉。玄武岩是黑色的。", 1.0), passage("Lava is hot.", 0.4)];
    let sentences = sentences_of(&passages);
    let question = "What does the moon orbit?";
    let ranked = select_quote(question, &passages, &sentences, &Biased::new(), 8).await.unwrap();
    assert_eq!(ranked[0].sentence.text, "月球繞著地球轉。");
    assert_eq!(ranked.len(), sentences.len());
    assert!(evidence(&ranked, 2.0, Language::English) > 0.0, "it is evidence though no word is in it");
    let question = "How is bread made?";
    let elsewhere = [passage("月球繞著地球轉。", 1.0)];
    let sentences = sentences_of(&elsewhere);
    let ranked = select_quote(question, &elsewhere, &sentences, &Biased::new(), 8).await.unwrap();
    assert!(evidence(&ranked, 2.0, Language::English) < 0.0);
}
