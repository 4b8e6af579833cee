//! Threads that share the work of one computation: made once, woken in a microsecond, asleep when there is nothing.
//!
//! A run publishes one atomic word: its number, how many tasks it has and which is next. A thread claims a task by
//! raising that word, which fails as soon as another run has begun; so a thread that is late (asleep, or off the
//! processor) holds nobody up: the caller only waits for tasks that were claimed.

use std::{
    any::Any,
    cell::UnsafeCell,
    hint, mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How long a thread looks for more work before it sleeps: longer than the gap between two products of one token.
const SPIN: Duration = Duration::from_micros(60);

/// Bits of the word for the number of tasks and for the next one.
const BITS: u32 = 20;
const MASK: u64 = (1 << BITS) - 1;

/// Most tasks of one run.
pub(crate) const MOST_TASKS: usize = MASK as usize;

type PoolTask = dyn Fn(usize) + Sync;

/// A fixed set of threads, the caller's among them.
pub(crate) struct Pool {
    shared: Arc<PoolState>,
    workers: Vec<thread::JoinHandle<()>>,
    /// One run at a time.
    running: Mutex<()>,
}

struct PoolState {
    /// Run number, number of tasks, next task.
    word: AtomicU64,
    /// The current run's closure; valid while one of its tasks is claimed and not done.
    task: UnsafeCell<Option<&'static PoolTask>>,
    done: AtomicUsize,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    sleeping: AtomicUsize,
    lock: Mutex<()>,
    wake: Condvar,
    stop: AtomicBool,
}

// SAFETY: `task` is written by the caller of `run` while no task can be claimed, and read only after a successful claim,
// which orders the read after the write.
unsafe impl Sync for PoolState {}

impl Pool {
    /// A pool that works on `threads` threads, at least one: that of the caller.
    pub(crate) fn new(threads: usize) -> std::io::Result<Self> {
        let shared = Arc::new(PoolState {
            word: AtomicU64::new(0),
            task: UnsafeCell::new(None),
            done: AtomicUsize::new(0),
            panic: Mutex::new(None),
            sleeping: AtomicUsize::new(0),
            lock: Mutex::new(()),
            wake: Condvar::new(),
            stop: AtomicBool::new(false),
        });
        let spawn = |n| {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name(format!("lectern-kernel-{n}")).spawn(move || shared.work())
        };
        let workers = (1..threads).map(spawn).collect::<std::io::Result<_>>()?;
        Ok(Self { shared, workers, running: Mutex::new(()) })
    }

    /// How many threads work.
    pub(crate) fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `task` for every number below `tasks` (at most `MOST_TASKS`), on all threads, and returns when all are
    /// done. A panic in a task goes on here, after the others.
    pub(crate) fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        if tasks <= 1 || self.workers.is_empty() {
            (0..tasks).for_each(task);
            return;
        }
        assert!(tasks <= MOST_TASKS, "a run of {tasks} tasks");
        let _one = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = &*self.shared;
        shared.done.store(0, Ordering::Relaxed);
        // SAFETY: no task of an earlier run is claimed any more, so nobody reads `task`. The borrow is
        // not really for ever: this function does not return before the last call through it has.
        unsafe {
            *shared.task.get() = Some(mem::transmute::<&(dyn Fn(usize) + Sync), &'static PoolTask>(task));
        }
        let run = (shared.word.load(Ordering::Relaxed) >> (2 * BITS)) + 1;
        shared.word.store((run << (2 * BITS)) | ((tasks as u64) << BITS), Ordering::SeqCst);
        if shared.sleeping.load(Ordering::SeqCst) > 0 {
            let _lock = shared.lock.lock().unwrap_or_else(PoisonError::into_inner);
            shared.wake.notify_all();
        }
        while shared.do_one() {}
        let mut waited = 0u32;
        while shared.done.load(Ordering::Acquire) < tasks {
            waited += 1;
            if waited.is_multiple_of(4096) { thread::yield_now() } else { hint::spin_loop() }
        }
        let panic = shared.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }

    /// Calls `f` with every item, on all threads.
    pub(crate) fn for_each<T: Send>(&self, items: Vec<T>, f: impl Fn(T) + Sync) {
        if items.len() <= 1 || self.workers.is_empty() {
            items.into_iter().for_each(f);
            return;
        }
        let slots: Vec<Mutex<Option<T>>> = items.into_iter().map(|item| Mutex::new(Some(item))).collect();
        self.run(slots.len(), &|i| {
            let item = slots.get(i).and_then(|s| s.lock().unwrap_or_else(PoisonError::into_inner).take());
            if let Some(item) = item {
                f(item);
            }
        });
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        drop(self.shared.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.shared.wake.notify_all();
        for worker in self.workers.drain(..) {
            // A worker catches its tasks' panics; there is nothing to hear from it.
            let _ = worker.join();
        }
    }
}

impl PoolState {
    /// Claims and does one task of the current run; false where none is left.
    fn do_one(&self) -> bool {
        let mut word = self.word.load(Ordering::Acquire);
        loop {
            let (tasks, next) = ((word >> BITS) & MASK, word & MASK);
            if next >= tasks {
                return false;
            }
            match self.word.compare_exchange_weak(word, word + 1, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => {
                    self.call(next as usize);
                    return true;
                }
                Err(now) => word = now,
            }
        }
    }

    fn call(&self, index: usize) {
        // SAFETY: this thread has claimed a task that is not done: `run` is still waiting and has set the pointer
        // before it published the word that the claim was made on.
        let outcome = catch_unwind(AssertUnwindSafe(|| unsafe {
            if let Some(task) = *self.task.get() {
                task(index);
            }
        }));
        if let Err(panic) = outcome {
            *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
        }
        self.done.fetch_add(1, Ordering::Release);
    }

    fn work(&self) {
        let mut idle = Instant::now();
        let mut looked = 0u32;
        while !self.stop.load(Ordering::Relaxed) {
            if self.do_one() {
                (idle, looked) = (Instant::now(), 0);
                continue;
            }
            hint::spin_loop();
            looked += 1;
            if looked.is_multiple_of(64) && idle.elapsed() > SPIN {
                self.sleep();
                (idle, looked) = (Instant::now(), 0);
            }
        }
    }

    /// Sleeps until there may be work. Counting itself before it looks, and `run` publishing before it counts, leave no
    /// gap to sleep through.
    fn sleep(&self) {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.sleeping.fetch_add(1, Ordering::SeqCst);
        let has_work = || {
            let word = self.word.load(Ordering::SeqCst);
            word & MASK < (word >> BITS) & MASK
        };
        while !has_work() && !self.stop.load(Ordering::SeqCst) {
            lock = self.wake.wait(lock).unwrap_or_else(PoisonError::into_inner);
        }
        self.sleeping.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_runs_once_in_thousands_of_runs() {
        let pool = Pool::new(3).unwrap();
        for tasks in (0..3000).map(|i| i % 37) {
            let counts: Vec<AtomicUsize> = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
            pool.run(tasks, &|i| {
                counts[i].fetch_add(1, Ordering::Relaxed);
            });
            assert!(counts.iter().all(|c| c.load(Ordering::Relaxed) == 1));
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_works_on() {
        let pool = Pool::new(2).unwrap();
        let outcome = catch_unwind(AssertUnwindSafe(|| pool.run(8, &|i| assert!(i != 5, "task five"))));
        assert!(outcome.is_err());
        let sum = AtomicUsize::new(0);
        thread::sleep(SPIN * 20);
        pool.for_each((0..100).collect(), |n: usize| {
            sum.fetch_add(n, Ordering::Relaxed);
        });
        assert_eq!(sum.into_inner(), 4950);
    }
}
