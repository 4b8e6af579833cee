//! Every code that the API answers with when something went wrong.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! error_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal,)+) => {
        /// What went wrong. Codes are stable: programs may rely on them, and none changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl ErrorCode {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// As it is answered.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }
        }
    };
}

error_codes! {
    // Requests.
    /// The body is no JSON.
    InvalidJson = "invalid_json",
    /// A field of the body is missing, unknown or of the wrong type.
    InvalidField = "invalid_field",
    /// The body is not announced as JSON.
    ContentTypeNotJson = "content_type_not_json",
    /// A parameter of the address is missing, unknown or of the wrong type.
    InvalidQuery = "invalid_query",
    /// `limit` is out of range.
    InvalidLimit = "invalid_limit",
    /// `cursor` is none that a list gave.
    InvalidCursor = "invalid_cursor",
    /// A title is empty or too long.
    InvalidTitle = "invalid_title",
    /// The form can't be read.
    InvalidMultipart = "invalid_multipart",
    /// The form holds no file.
    NoFile = "no_file",
    /// There is no such file format.
    UnknownFormat = "unknown_format",
    /// There is nothing at this address.
    RouteNotFound = "route_not_found",
    /// The address does not take this method.
    MethodNotAllowed = "method_not_allowed",
    /// The API key is missing or wrong.
    ApiKeyRequired = "api_key_required",
    /// The request comes from another site's page, and there is no API key.
    ForeignOrigin = "foreign_origin",
    /// A fault of Lectern's own.
    Internal = "internal",
    /// The service is stopping.
    Stopping = "stopping",
    /// Lectern could not read or write its own data.
    StorageFailed = "storage_failed",
    /// There is no room left on the disk.
    DiskFull = "disk_full",
    /// The work was cancelled.
    Cancelled = "cancelled",

    // Courses and documents.
    /// There is no such course.
    CourseNotFound = "course_not_found",
    /// The course holds no document that is ready.
    CourseNotReady = "course_not_ready",
    /// There is no such document, or it is not ready.
    DocumentNotFound = "document_not_found",
    /// The document has not been read yet.
    DocumentNotRead = "document_not_read",
    /// The document has not failed, so it is not read again.
    DocumentNotFailed = "document_not_failed",
    /// The document has no such page.
    PageNotFound = "page_not_found",
    /// The boxes to be drawn can't be read.
    InvalidBoxes = "invalid_boxes",
    /// Too many files at once.
    TooManyFiles = "too_many_files",
    /// The upload broke off.
    UploadInterrupted = "upload_interrupted",
    /// Too many documents are waiting to be read.
    ReadingQueueFull = "reading_queue_full",
    /// There is no such job.
    JobNotFound = "job_not_found",
    /// The job is over already.
    JobOver = "job_over",
    /// Splitting a document broke off.
    SplittingFailed = "splitting_failed",

    // Questions and conversations.
    /// The question is empty.
    QuestionEmpty = "question_empty",
    /// The question has too many characters.
    QuestionTooLong = "question_too_long",
    /// The history holds too many turns.
    HistoryTooLong = "history_too_long",
    /// A history was sent along with a conversation.
    HistoryAndConversation = "history_and_conversation",
    /// Looking through the material broke off.
    MaterialFailed = "material_failed",
    /// The answer broke off.
    AnswerLost = "answer_lost",
    /// There is no such answer.
    AnswerNotFound = "answer_not_found",
    /// There is no such conversation.
    ConversationNotFound = "conversation_not_found",
    /// The settings keep no conversations.
    ConversationsNotKept = "conversations_not_kept",
    /// The model is not served here.
    UnknownModel = "unknown_model",
    /// There is no such model.
    ModelNotFound = "model_not_found",
    /// The model is being downloaded already.
    PullRunning = "pull_running",
    /// The request holds no message.
    MessagesEmpty = "messages_empty",
    /// A message's role is none of those that are known.
    InvalidRole = "invalid_role",
    /// There are no texts to embed, or too many.
    InvalidInput = "invalid_input",

    // Quizzes.
    /// There is no such quiz.
    QuizNotFound = "quiz_not_found",
    /// The quiz is still being made.
    QuizNotReady = "quiz_not_ready",
    /// Someone else changed the quiz meanwhile.
    QuizChanged = "quiz_changed",
    /// Too many questions are being proven.
    QuizBusy = "quiz_busy",
    /// Too many quizzes are waiting to be made.
    QuizQueueFull = "quiz_queue_full",
    /// The number of questions is out of range.
    InvalidCount = "invalid_count",
    /// The size of reading sets is out of range.
    InvalidQuestionsPerPassage = "invalid_questions_per_passage",
    /// The documents have no such page.
    PagesNotThere = "pages_not_there",
    /// The quiz has no such question.
    QuestionNotFound = "question_not_found",
    /// The question is locked.
    QuestionLocked = "question_locked",
    /// The question's kind has no such part.
    KindDoesNotFit = "kind_does_not_fit",
    /// The question has no such option.
    InvalidOption = "invalid_option",
    /// The option is the key.
    OptionIsKey = "option_is_key",
    /// The material holds no other that passes its checks.
    NothingElseFound = "nothing_else_found",
    /// A quote is not word for word in the course's documents.
    EvidenceNotVerbatim = "evidence_not_verbatim",
    /// The order does not name each question once.
    InvalidOrder = "invalid_order",
    /// The edit names no question, or what can't be edited.
    InvalidEdit = "invalid_edit",
    /// The question would not hold together.
    EditBreaksQuestion = "edit_breaks_question",
    /// The quiz would hold too many questions.
    TooManyQuestions = "too_many_questions",
    /// An answer is of the wrong form for its question.
    AnswerForm = "answer_form",
    /// The upload of a quiz file broke off.
    ImportInterrupted = "import_interrupted",
    /// Reading a quiz file broke off.
    ImportFailed = "import_failed",
    /// The format of a quiz file is unknown, or is not read.
    ImportFormat = "import_format",
    /// The quiz file is malformed.
    ImportInvalid = "import_invalid",
    /// A file could not be written.
    ExportFailed = "export_failed",

    // Reading.
    /// The file is empty.
    EmptyFile = "empty_file",
    /// The file holds no text.
    NoText = "no_text",
    /// The file is of a kind that is not read.
    UnsupportedFormat = "unsupported_format",
    /// The file is not what its name says.
    WrongExtension = "wrong_extension",
    /// The file is over the limit of bytes.
    FileTooLarge = "file_too_large",
    /// The file unpacks to too much.
    ArchiveTooLarge = "archive_too_large",
    /// The document holds too much text.
    TooMuchText = "too_much_text",
    /// The document has too many pages.
    TooManyPages = "too_many_pages",
    /// The document is locked with a password.
    DocumentEncrypted = "document_encrypted",
    /// The password does not open the document.
    WrongPassword = "wrong_password",
    /// The document can't be opened.
    DocumentDamaged = "document_damaged",
    /// The document's pages are pictures, of which no text came.
    NoTextLayer = "no_text_layer",
    /// The document needs too much memory.
    DocumentTooComplex = "document_too_complex",
    /// Reading took too long.
    ReadingTimedOut = "reading_timed_out",
    /// The document made the reader fail.
    ReaderCrashed = "reader_crashed",
    /// The reader could not be started.
    ReaderUnavailable = "reader_unavailable",
    /// The PDFium library is not there.
    PdfLibraryMissing = "pdf_library_missing",
    /// The document's pages can't be drawn.
    Unsupported = "unsupported",

    // Search.
    /// Too many texts are waiting to be embedded.
    EmbedderBusy = "embedder_busy",
    /// The embedder can't be loaded.
    EmbedderUnavailable = "embedder_unavailable",
    /// The embedder has stopped.
    EmbedderStopped = "embedder_stopped",
    /// Embedding a text failed.
    EmbeddingFailed = "embedding_failed",
    /// Too many searches are waiting to be reranked.
    RerankerBusy = "reranker_busy",
    /// Reranking failed.
    RerankingFailed = "reranking_failed",
    /// The index was made by another embedder or version.
    IndexMismatch = "index_mismatch",
    /// Another process works on the index.
    IndexInUse = "index_in_use",
    /// The index can't be read or written.
    IndexStorageUnavailable = "index_storage_unavailable",
    /// The vector index failed.
    VectorIndexFailed = "vector_index_failed",
    /// The vector server can't be reached.
    VectorServerUnavailable = "vector_server_unavailable",
    /// The keyword index failed.
    KeywordIndexFailed = "keyword_index_failed",
    /// A vector has the wrong length.
    WrongDimensions = "wrong_dimensions",
    /// A line of a question set can't be read.
    MalformedLine = "malformed_line",
    /// A search or a write broke off.
    RetrieverBrokeOff = "retriever_broke_off",

    // Language models.
    /// Too many requests are waiting for the model.
    GeneratorBusy = "generator_busy",
    /// The model has stopped.
    GeneratorStopped = "generator_stopped",
    /// The model's computation failed.
    GeneratorFailed = "generator_failed",
    /// The prompt does not fit into the model's context.
    ContextTooLong = "context_too_long",
    /// What may be written is malformed, or nothing.
    ConstraintInvalid = "constraint_invalid",
    /// The model can't be held to what may be written.
    ConstraintUnsupported = "constraint_unsupported",
    /// What is to be scored is malformed.
    ScoreRequest = "score_request",
    /// The model does not tell how likely a text is.
    ScoresUnsupported = "scores_unsupported",
    /// The model's server can't be reached.
    ServerUnreachable = "server_unreachable",
    /// The model's server has no time.
    ServerBusy = "server_busy",
    /// The model's server refused.
    ServerRefused = "server_refused",
    /// The model's server sent something else than an answer.
    ServerAnswer = "server_answer",
    /// There is no GPU that can be used.
    GpuMissing = "gpu_missing",
    /// The adapter belongs to another model.
    AdapterMismatch = "adapter_mismatch",
    /// The model's file can't be read.
    ModelUnreadable = "model_unreadable",
    /// A model file could not be written.
    ModelUnwritable = "model_unwritable",
    /// The model's architecture is unknown.
    ModelArchitecture = "model_architecture",
    /// The model's metadata can't be used.
    ModelMetadata = "model_metadata",
    /// The model's file lacks weights.
    ModelTensorsMissing = "model_tensors_missing",
    /// A tensor of the model has the wrong shape.
    ModelTensorShape = "model_tensor_shape",
    /// The model's weights are of an unknown type.
    ModelWeights = "model_weights",
    /// The model's tokenizer is of an unknown kind.
    TokenizerUnsupported = "tokenizer_unsupported",
    /// The model's tokenizer does not fit its weights.
    TokenizerMismatch = "tokenizer_mismatch",
    /// The model's tokenizer failed.
    TokenizerFailed = "tokenizer_failed",
    /// The model's chat template can't be used.
    ChatTemplate = "chat_template",

    // Downloads.
    /// The catalogue has no such model.
    ModelUnknown = "model_unknown",
    /// The catalogue can't be read.
    ModelCatalogueInvalid = "model_catalogue_invalid",
    /// The model is not for this platform.
    ModelPlatformUnsupported = "model_platform_unsupported",
    /// The model is not installed.
    ModelMissing = "model_missing",
    /// A file of the model is damaged.
    ModelDamaged = "model_damaged",
    /// No source gives the model.
    ModelUnobtainable = "model_unobtainable",
    /// What was downloaded can't be unpacked.
    ModelContainerInvalid = "model_container_invalid",
    /// A GGUF file can't be read.
    ModelGgufInvalid = "model_gguf_invalid",
    /// The models' folder can't be read or written.
    ModelStoreIo = "model_store_io",
    /// The download was cancelled.
    ModelPullCancelled = "model_pull_cancelled",
    /// The download broke off.
    ModelPullFailed = "model_pull_failed",
}

impl ErrorCode {
    /// The code of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_written_as_it_is_named_and_found_by_that_name() {
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert_eq!(ErrorCode::of_name(code.as_str()), Some(*code));
        }
        assert_eq!(ErrorCode::of_name("no_such_code"), None);
    }
}
