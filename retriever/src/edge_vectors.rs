//! Vectors in this process: Qdrant's own engine, through the crate `qdrant-edge`. One shard holds all courses.
//!
//! What the engine does and does not do at version 0.7.2, read in its source: an update goes to its log and to the
//! segments in memory; the log is not replayed on opening, nothing keeps a second process out, and `flush` panics where it
//! can't take a lock. So writes here go one after another through a gate of their own, and each flushes before it returns;
//! [`crate::HybridRetriever`] opens the keyword index first, whose lock keeps other processes out.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use domain::{ChunkId, CourseId, DocumentId, Script, SearchFilter, ports::BoxFuture};
use qdrant_edge::{
    Condition, CountRequest, CreateIndex, Distance, EdgeConfigBuilder, EdgeShard, EdgeVectorParamsBuilder,
    FieldCondition, FieldIndexOperations, Filter, JsonPath, Match, NamedQuery, PayloadFieldSchema, PayloadSchemaType,
    PointId, PointInsertOperations, PointOperations, PointStruct, QueryEnum, QueryRequest, ScoringQuery,
    UpdateOperation, VectorInternal, WalOptions, WithPayloadInterface, WithVector,
};

use crate::{RetrieverError, VectorHit, VectorIndex, VectorPoint, run_blocking::BlockingGate};

/// Points written with one operation: keeps a record of the log near 1 MB.
const POINTS_A_WRITE: usize = 256;
/// Bytes of one file of the log.
const LOG_FILE: usize = 8 << 20;
/// Points written from one optimization to the next: at least so many, and this part of all. So few are compared one by one
/// in milliseconds; after each document, what a large index is searched through would be built again and again.
const OPTIMIZE_AFTER: usize = 10_000;
const OPTIMIZE_PART: usize = 20;

/// The index in one folder. One process opens it at a time.
#[derive(Clone, Debug)]
pub struct EdgeVectorIndex {
    shard: Arc<EdgeShard>,
    /// For searches.
    gate: BlockingGate,
    /// For whatever changes or flushes the shard; apart, so that a long write takes no place from searches.
    writes: BlockingGate,
    dimensions: usize,
    /// Points written since the last optimization. After opening more than any index holds: how many are left to optimize is
    /// not known, so that the first write does it.
    unoptimized: Arc<AtomicUsize>,
}

impl EdgeVectorIndex {
    /// Opens the index in `dir`, or makes it, for vectors of `dimensions` numbers. Blocks.
    pub fn open(dir: &Path, dimensions: usize) -> Result<Self, RetrieverError> {
        fs::create_dir_all(dir).map_err(RetrieverError::storage(dir))?;
        let shard = if dir.join("edge_config.json").exists() {
            drop_old_log(&dir.join("wal"))?;
            EdgeShard::load(dir, None).map_err(RetrieverError::vectors("open"))?
        } else {
            create_shard(dir, dimensions)?
        };
        let index = Self {
            shard: Arc::new(shard),
            gate: BlockingGate::per_core(),
            writes: BlockingGate::single(),
            dimensions,
            unoptimized: Arc::new(AtomicUsize::new(usize::MAX / 2)),
        };
        index.create_payload_indexes()?;
        Ok(index)
    }

    /// Payload fields that are filtered by. Creating one that is there changes nothing.
    fn create_payload_indexes(&self) -> Result<(), RetrieverError> {
        let (keyword, integer) = (PayloadSchemaType::Keyword, PayloadSchemaType::Integer);
        let kinds = [("course_id", keyword), ("document_id", keyword), ("script", keyword), ("pages", integer)];
        for (name, kind) in kinds {
            let index =
                CreateIndex { field_name: path(name)?, field_schema: Some(PayloadFieldSchema::FieldType(kind)) };
            self.shard
                .update(UpdateOperation::FieldIndexOperation(FieldIndexOperations::CreateIndex(index)))
                .map_err(RetrieverError::vectors("index its payload"))?;
        }
        self.shard.flush();
        Ok(())
    }

    /// Applies `operations` in order and flushes, on a blocking thread.
    async fn write(&self, operations: Vec<PointOperations>) -> Result<(), RetrieverError> {
        let shard = Arc::clone(&self.shard);
        self.writes
            .run(move || {
                for operation in operations {
                    shard
                        .update(UpdateOperation::PointOperation(operation))
                        .map_err(RetrieverError::vectors("write"))?;
                }
                shard.flush();
                Ok(())
            })
            .await
    }

    /// About how many points there are.
    async fn points(&self) -> Result<usize, RetrieverError> {
        let shard = Arc::clone(&self.shard);
        let request = CountRequest { filter: None, exact: false };
        self.writes.run(move || shard.count(request).map_err(RetrieverError::vectors("count"))).await
    }

    /// Builds what large indexes are searched through and drops what was deleted. Does nothing where nothing is due;
    /// searches go on meanwhile, writes wait.
    pub async fn optimize(&self) -> Result<(), RetrieverError> {
        let shard = Arc::clone(&self.shard);
        self.writes
            .run(move || {
                if shard.optimize().map_err(RetrieverError::vectors("optimize"))? {
                    shard.flush();
                }
                Ok(())
            })
            .await
    }
}

impl VectorIndex for EdgeVectorIndex {
    fn replace_document(
        &self,
        document: DocumentId,
        points: Vec<VectorPoint>,
    ) -> BoxFuture<'_, Result<(), RetrieverError>> {
        Box::pin(async move {
            if let Some(wrong) = points.iter().find(|p| p.vector.len() != self.dimensions) {
                return Err(RetrieverError::WrongDimensions { found: wrong.vector.len(), expected: self.dimensions });
            }
            let mut operations = vec![PointOperations::DeletePointsByFilter(document_filter(document)?)];
            for batch in points.chunks(POINTS_A_WRITE) {
                let points = batch.iter().map(|point| edge_point(point).into()).collect();
                operations.push(PointOperations::UpsertPoints(PointInsertOperations::PointsList(points)));
            }
            self.write(operations).await?;
            let written = self.unoptimized.fetch_add(points.len(), Ordering::Relaxed) + points.len();
            if written >= OPTIMIZE_AFTER && written >= self.points().await.unwrap_or(0) / OPTIMIZE_PART {
                self.unoptimized.store(0, Ordering::Relaxed);
                // The points are stored; that they can't be found faster yet is no reason to fail.
                if let Err(error) = self.optimize().await {
                    tracing::warn!(?error, "the vector index could not be optimized");
                }
            }
            Ok(())
        })
    }

    fn remove_document(&self, document: DocumentId) -> BoxFuture<'_, Result<(), RetrieverError>> {
        Box::pin(
            async move { self.write(vec![PointOperations::DeletePointsByFilter(document_filter(document)?)]).await },
        )
    }

    fn remove_course(&self, course: CourseId) -> BoxFuture<'_, Result<(), RetrieverError>> {
        Box::pin(async move {
            let filter = Filter::new_must(matching("course_id", course.to_string())?);
            self.write(vec![PointOperations::DeletePointsByFilter(filter)]).await
        })
    }

    fn count(&self, document: DocumentId) -> BoxFuture<'_, Result<usize, RetrieverError>> {
        Box::pin(async move {
            let shard = Arc::clone(&self.shard);
            let request = CountRequest { filter: Some(document_filter(document)?), exact: true };
            self.gate.run(move || shard.count(request).map_err(RetrieverError::vectors("count"))).await
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
            if vector.len() != self.dimensions {
                return Err(RetrieverError::WrongDimensions { found: vector.len(), expected: self.dimensions });
            }
            let request = QueryRequest {
                prefetches: Vec::new(),
                query: Some(ScoringQuery::Vector(QueryEnum::Nearest(NamedQuery {
                    query: VectorInternal::Dense(vector),
                    using: None,
                }))),
                filter: Some(search_filter(course, &filter, without)?),
                score_threshold: None,
                limit,
                offset: 0,
                params: None,
                with_vector: WithVector::Bool(false),
                with_payload: WithPayloadInterface::Bool(false),
            };
            let shard = Arc::clone(&self.shard);
            let found = self.gate.run(move || shard.query(request).map_err(RetrieverError::vectors("search"))).await?;
            Ok(found.into_iter().filter_map(|p| Some(VectorHit { chunk: chunk_of(p.id)?, score: p.score })).collect())
        })
    }
}

fn create_shard(dir: &Path, dimensions: usize) -> Result<EdgeShard, RetrieverError> {
    let config = EdgeConfigBuilder::new()
        .vector("", EdgeVectorParamsBuilder::new(dimensions, Distance::Cosine).build())
        .on_disk_payload(true)
        .wal_options(WalOptions { segment_capacity: LOG_FILE, segment_queue_len: 0, ..WalOptions::default() })
        .build();
    EdgeShard::new(dir, config).map_err(RetrieverError::vectors("create"))
}

/// Deletes all closed files of the log but the last. Every write is flushed to the segments before it returns, so
/// nothing in them is needed again; the engine itself never deletes them.
fn drop_old_log(dir: &Path) -> Result<(), RetrieverError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(RetrieverError::storage(dir)(e)),
    };
    let mut closed: Vec<(u64, PathBuf)> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let start = path.file_name()?.to_str()?.strip_prefix("closed-")?.parse().ok()?;
            Some((start, path))
        })
        .collect();
    closed.sort_unstable();
    closed.pop();
    // Oldest first: what is left is always a whole tail.
    for (_, path) in closed {
        fs::remove_file(&path).map_err(RetrieverError::storage(path))?;
    }
    Ok(())
}

fn edge_point(point: &VectorPoint) -> PointStruct {
    let payload = serde_json::json!({
        "course_id": point.course.to_string(),
        "document_id": point.document.to_string(),
        "pages": (point.pages.0..=point.pages.1).collect::<Vec<_>>(),
        "ordinal": point.ordinal,
        "script": point.script.name(),
    });
    PointStruct::new(PointId::Uuid(point.chunk.0), point.vector.clone(), payload)
}

fn chunk_of(id: PointId) -> Option<ChunkId> {
    match id {
        PointId::Uuid(id) => Some(ChunkId(id)),
        PointId::NumId(_) => None,
    }
}

fn search_filter(course: CourseId, filter: &SearchFilter, without: Option<Script>) -> Result<Filter, RetrieverError> {
    let mut must = vec![matching("course_id", course.to_string())?];
    if !filter.documents.is_empty() {
        must.push(matching("document_id", filter.documents.iter().map(ToString::to_string).collect::<Vec<_>>())?);
    }
    if !filter.pages.is_empty() {
        must.push(matching("pages", filter.pages.iter().map(|&p| i64::from(p)).collect::<Vec<_>>())?);
    }
    let must_not = without.map(|script| matching("script", script.name().to_owned())).transpose()?;
    let must_not = must_not.map(|condition| vec![condition]);
    Ok(Filter { must: Some(must), must_not, ..Filter::new() })
}

fn document_filter(document: DocumentId) -> Result<Filter, RetrieverError> {
    Ok(Filter::new_must(matching("document_id", document.to_string())?))
}

fn matching(name: &str, value: impl Into<Match>) -> Result<Condition, RetrieverError> {
    Ok(Condition::Field(FieldCondition::new_match(path(name)?, value.into())))
}

fn path(name: &str) -> Result<JsonPath, RetrieverError> {
    JsonPath::try_from(name)
        .map_err(|()| RetrieverError::VectorIndex { action: "name a payload field", source: name.to_owned().into() })
}
