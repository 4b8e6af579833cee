//! Vectors on a Qdrant server or cluster, through `qdrant-client`. One collection holds all courses; the same payload and
//! the same behaviour as the index in this process.

use std::time::Duration;

use domain::{ChunkId, CourseId, DocumentId, Script, SearchFilter, ports::BoxFuture};
use qdrant_client::{
    Payload, Qdrant, QdrantError,
    qdrant::{
        Condition, CountPointsBuilder, CreateCollectionBuilder, CreateFieldIndexCollectionBuilder, DeletePointsBuilder,
        Distance, FieldType, Filter, PointId, PointStruct, QueryPointsBuilder, UpsertPointsBuilder,
        VectorParamsBuilder, point_id::PointIdOptions,
    },
};

use crate::{RetrieverError, VectorHit, VectorIndex, VectorPoint};

/// Points sent with one request.
const POINTS_A_REQUEST: usize = 256;

/// Where the server is.
#[derive(Clone)]
pub struct ServerSettings {
    /// Its gRPC address: `http://host:6334`.
    pub url: String,
    /// Its key, where it asks for one.
    pub api_key: Option<String>,
    /// The collection; made where it is missing.
    pub collection: String,
    /// Longest wait for one request.
    pub timeout: Duration,
}

impl std::fmt::Debug for ServerSettings {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerSettings")
            .field("url", &self.url)
            .field("collection", &self.collection)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// The index on a server.
pub struct ServerVectorIndex {
    client: Qdrant,
    collection: String,
    dimensions: usize,
}

impl std::fmt::Debug for ServerVectorIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerVectorIndex").field("collection", &self.collection).finish_non_exhaustive()
    }
}

impl ServerVectorIndex {
    /// Connects, and makes the collection and its payload indexes where they are missing.
    pub async fn connect(settings: ServerSettings, dimensions: usize) -> Result<Self, RetrieverError> {
        let client = Qdrant::from_url(&settings.url)
            .api_key(settings.api_key)
            .timeout(settings.timeout)
            .skip_compatibility_check()
            .build()
            .map_err(failed("connect"))?;
        let index = Self { client, collection: settings.collection, dimensions };
        index.create_collection().await?;
        index.create_payload_indexes().await?;
        Ok(index)
    }

    async fn create_collection(&self) -> Result<(), RetrieverError> {
        if self.client.collection_exists(&self.collection).await.map_err(failed("look for its collection"))? {
            return Ok(());
        }
        let vectors = VectorParamsBuilder::new(self.dimensions as u64, Distance::Cosine);
        let created =
            self.client.create_collection(CreateCollectionBuilder::new(&self.collection).vectors_config(vectors)).await;
        match created {
            Ok(_) => Ok(()),
            // Another Lectern may have been faster.
            Err(error) => match self.client.collection_exists(&self.collection).await {
                Ok(true) => Ok(()),
                _ => Err(failed("create its collection")(error)),
            },
        }
    }

    async fn create_payload_indexes(&self) -> Result<(), RetrieverError> {
        let keyword = FieldType::Keyword;
        for (name, kind) in
            [("course_id", keyword), ("document_id", keyword), ("script", keyword), ("pages", FieldType::Integer)]
        {
            self.client
                .create_field_index(CreateFieldIndexCollectionBuilder::new(&self.collection, name, kind).wait(true))
                .await
                .map_err(failed("index its payload"))?;
        }
        Ok(())
    }

    async fn delete(&self, filter: Filter) -> Result<(), RetrieverError> {
        self.client
            .delete_points(DeletePointsBuilder::new(&self.collection).points(filter).wait(true))
            .await
            .map_err(failed("delete points"))?;
        Ok(())
    }
}

impl VectorIndex for ServerVectorIndex {
    fn replace_document(
        &self,
        document: DocumentId,
        points: Vec<VectorPoint>,
    ) -> BoxFuture<'_, Result<(), RetrieverError>> {
        Box::pin(async move {
            if let Some(wrong) = points.iter().find(|p| p.vector.len() != self.dimensions) {
                return Err(RetrieverError::WrongDimensions { found: wrong.vector.len(), expected: self.dimensions });
            }
            self.remove_document(document).await?;
            for batch in points.chunks(POINTS_A_REQUEST) {
                let points: Vec<PointStruct> = batch.iter().map(server_point).collect();
                self.client
                    .upsert_points(UpsertPointsBuilder::new(&self.collection, points).wait(true))
                    .await
                    .map_err(failed("store points"))?;
            }
            Ok(())
        })
    }

    fn remove_document(&self, document: DocumentId) -> BoxFuture<'_, Result<(), RetrieverError>> {
        Box::pin(self.delete(Filter::must([Condition::matches("document_id", document.to_string())])))
    }

    fn remove_course(&self, course: CourseId) -> BoxFuture<'_, Result<(), RetrieverError>> {
        Box::pin(self.delete(Filter::must([Condition::matches("course_id", course.to_string())])))
    }

    fn count(&self, document: DocumentId) -> BoxFuture<'_, Result<usize, RetrieverError>> {
        Box::pin(async move {
            let filter = Filter::must([Condition::matches("document_id", document.to_string())]);
            let counted = self
                .client
                .count(CountPointsBuilder::new(&self.collection).filter(filter).exact(true))
                .await
                .map_err(failed("count points"))?;
            Ok(counted.result.map_or(0, |result| result.count as usize))
        })
    }

    fn search(
        &self,
        course: CourseId,
        filter: SearchFilter,
        without: Option<Script>,
        vector: Vec<f32>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<VectorHit>, RetrieverError>> {
        Box::pin(async move {
            let query = QueryPointsBuilder::new(&self.collection)
                .query(vector)
                .limit(limit as u64)
                .filter(search_filter(course, &filter, without));
            let found = self.client.query(query).await.map_err(failed("search"))?;
            Ok(found
                .result
                .into_iter()
                .filter_map(|p| Some(VectorHit { chunk: chunk_of(p.id)?, score: p.score }))
                .collect())
        })
    }
}

fn server_point(point: &VectorPoint) -> PointStruct {
    let pages: Vec<i64> = (point.pages.0..=point.pages.1).map(i64::from).collect();
    let mut payload = Payload::new();
    payload.insert("course_id", point.course.to_string());
    payload.insert("document_id", point.document.to_string());
    payload.insert("pages", pages);
    payload.insert("script", point.script.name());
    payload.insert("ordinal", i64::try_from(point.ordinal).unwrap_or(i64::MAX));
    PointStruct::new(point.chunk.to_string(), point.vector.clone(), payload)
}

fn chunk_of(id: Option<PointId>) -> Option<ChunkId> {
    match id?.point_id_options? {
        PointIdOptions::Uuid(id) => id.parse().ok(),
        PointIdOptions::Num(_) => None,
    }
}

fn search_filter(course: CourseId, filter: &SearchFilter, without: Option<Script>) -> Filter {
    let mut must = vec![Condition::matches("course_id", course.to_string())];
    if !filter.documents.is_empty() {
        let ids: Vec<String> = filter.documents.iter().map(ToString::to_string).collect();
        must.push(Condition::matches("document_id", ids));
    }
    if !filter.pages.is_empty() {
        must.push(Condition::matches("pages", filter.pages.iter().map(|&p| i64::from(p)).collect::<Vec<_>>()));
    }
    let must_not = without.map(|script| Condition::matches("script", script.name().to_owned()));
    Filter { must, must_not: must_not.into_iter().collect(), ..Filter::default() }
}

fn failed(action: &'static str) -> impl FnOnce(QdrantError) -> RetrieverError {
    move |error| RetrieverError::server(action)(error)
}
