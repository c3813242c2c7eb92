//! One running instance of a plugin.

use cordboard_contract::v0_1::{EXPORT_META, Point};
use cordboard_core::question::PluginFailure;
use wasmtime::{
    PoolConcurrencyLimitError, Store, Trap,
    component::{
        Component, ComponentExportIndex, ComponentType, Instance, InstancePre, Lift, TypedFunc,
        WasmList,
    },
};

use crate::{
    error::ConfigProblem,
    guest::{Guest, one_line},
    runtime::WarmPlace,
};

/// Most problems that are taken from a plugin's `configure`.
const PROBLEMS_MAX: usize = 32;
/// Longest text that is taken from a plugin's `configure`, in bytes.
const PROBLEM_BYTES_MAX: usize = 512;

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The outcome.
    pub kind: PluginFailure,
    /// What happened, for people. It holds nothing that a guest wrote.
    pub detail: String,
}

impl Failure {
    pub(crate) fn new(kind: PluginFailure, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }
}

/// The places of a component's functions, found once.
#[derive(Clone, Debug)]
pub(crate) struct Exports {
    configure: ComponentExportIndex,
    decide: [Option<ComponentExportIndex>; Point::ALL.len()],
}

impl Exports {
    /// Finds the functions of these decision points.
    ///
    /// # Errors
    ///
    /// Names the function that is missing.
    pub(crate) fn find(component: &Component, points: &[Point]) -> Result<Self, String> {
        let function = |interface: &str, name: &str| {
            component
                .get_export_index(None, interface)
                .and_then(|instance| component.get_export_index(Some(&instance), name))
                .ok_or_else(|| format!("{interface}#{name}"))
        };
        let mut decide = [None; Point::ALL.len()];
        for &point in points {
            if let Some(slot) = decide.get_mut(place(point)) {
                *slot = Some(function(point.interface(), point.function())?);
            }
        }
        Ok(Self {
            configure: function(EXPORT_META, "configure")?,
            decide,
        })
    }

    fn of(&self, point: Point) -> Option<&ComponentExportIndex> {
        self.decide.get(place(point)).and_then(Option::as_ref)
    }
}

/// The function `configure`.
type Configure = TypedFunc<(&'static str,), (Result<(), Vec<Problem>>,)>;

/// The function of a decision point.
#[derive(Clone, Copy)]
enum Decide {
    /// The verdict is read where the guest left it.
    InPlace(TypedFunc<(&'static [u32],), (WasmList<u32>,)>),
    /// The verdict is copied, because the guest frees it when it has returned.
    Copied(TypedFunc<(&'static [u32],), (Vec<u32>,)>),
}

/// An instance in a store of its own. After any failure the whole of it must be dropped: wasmtime
/// lets nobody enter a store that has trapped, and its memory may be in any state.
pub(crate) struct Live {
    store: Store<Guest>,
    instance: Instance,
    functions: [Option<Decide>; Point::ALL.len()],
    /// Decisions so far.
    pub(crate) calls: u32,
    /// What allows it to wait for the next decision.
    pub(crate) warm_place: Option<WarmPlace>,
}

impl Live {
    /// Instantiates. The start function of a component that is no snapshot runs here.
    pub(crate) fn start(
        mut store: Store<Guest>,
        pre: &InstancePre<Guest>,
        ticks: u64,
    ) -> Result<Self, Failure> {
        store.set_epoch_deadline(ticks);
        match pre.instantiate(&mut store) {
            Ok(instance) => Ok(Self {
                store,
                instance,
                functions: [None; Point::ALL.len()],
                calls: 0,
                warm_place: None,
            }),
            Err(error) => Err(failure(&store, &error)),
        }
    }

    /// Checks that the decision points have the types of the contract.
    ///
    /// # Errors
    ///
    /// The decision point and how its type differs.
    pub(crate) fn check_types(
        &mut self,
        exports: &Exports,
        points: &[Point],
    ) -> Result<(), (Point, String)> {
        for &point in points {
            self.function(exports, point, true)
                .map_err(|failure| (point, failure.detail))?;
        }
        Ok(())
    }

    /// Checks that `configure` has the type of the contract.
    ///
    /// # Errors
    ///
    /// How its type differs.
    pub(crate) fn check_configure(&mut self, exports: &Exports) -> Result<(), String> {
        self.configure_function(exports)
            .map(drop)
            .map_err(|failure| failure.detail)
    }

    /// Runs `configure`.
    ///
    /// # Errors
    ///
    /// A failure of the guest, or `Ok` of the problems that it found.
    pub(crate) fn configure(
        &mut self,
        exports: &Exports,
        config: &str,
        now: u64,
        ticks: u64,
    ) -> Result<Result<(), Vec<ConfigProblem>>, Failure> {
        let function = self.configure_function(exports)?;
        self.store.data_mut().begin(now);
        self.store.set_epoch_deadline(ticks);
        match function.call(&mut self.store, (config,)) {
            Ok((Ok(()),)) => Ok(Ok(())),
            Ok((Err(problems),)) => Ok(Err(problems
                .into_iter()
                .take(PROBLEMS_MAX)
                .map(ConfigProblem::from)
                .collect())),
            Err(error) => Err(failure(&self.store, &error)),
        }
    }

    /// Asks for a decision; `read` sees the verdict.
    pub(crate) fn decide<R>(
        &mut self,
        exports: &Exports,
        asked: &Asked<'_>,
        read: impl FnOnce(&[u32]) -> Result<R, String>,
    ) -> Result<R, Failure> {
        let function = self.function(exports, asked.point, asked.in_place)?;
        self.calls = self.calls.saturating_add(1);
        self.store.data_mut().begin(asked.now);
        self.store.set_epoch_deadline(asked.ticks);
        let verdict = match function {
            Decide::InPlace(function) => match function.call(&mut self.store, (asked.facts,)) {
                Ok((words,)) => bounded(words.as_le_slice(&self.store), asked, read),
                Err(error) => return Err(failure(&self.store, &error)),
            },
            Decide::Copied(function) => match function.call(&mut self.store, (asked.facts,)) {
                Ok((words,)) => bounded(&words, asked, read),
                Err(error) => return Err(failure(&self.store, &error)),
            },
        };
        verdict.map_err(|detail| Failure::new(PluginFailure::BadOutput, detail))
    }

    /// Instructions that are left, where they are counted.
    pub(crate) fn instructions_left(&self) -> Option<u64> {
        self.store.get_fuel().ok()
    }

    /// Bytes that its memories have.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.store.data().memory_bytes()
    }

    /// The store and the instance, for reading the memory out.
    pub(crate) fn into_parts(self) -> (Store<Guest>, Instance) {
        (self.store, self.instance)
    }

    fn configure_function(&mut self, exports: &Exports) -> Result<Configure, Failure> {
        self.instance
            .get_typed_func(&mut self.store, exports.configure)
            .map_err(|error| bad_output(&error))
    }

    fn function(
        &mut self,
        exports: &Exports,
        point: Point,
        in_place: bool,
    ) -> Result<Decide, Failure> {
        if let Some(Some(function)) = self.functions.get(place(point)) {
            return Ok(*function);
        }
        let Some(index) = exports.of(point) else {
            return Err(Failure::new(
                PluginFailure::NotLoaded,
                format!("the plugin has no decision point `{}`", point.name()),
            ));
        };
        let found = if in_place {
            self.instance
                .get_typed_func(&mut self.store, index)
                .map(Decide::InPlace)
        } else {
            self.instance
                .get_typed_func(&mut self.store, index)
                .map(Decide::Copied)
        };
        let function = found.map_err(|error| bad_output(&error))?;
        if let Some(slot) = self.functions.get_mut(place(point)) {
            *slot = Some(function);
        }
        Ok(function)
    }
}

/// One decision to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) point: Point,
    pub(crate) facts: &'a [u32],
    pub(crate) now: u64,
    pub(crate) ticks: u64,
    pub(crate) words_max: usize,
    pub(crate) in_place: bool,
}

/// The record `problem` of the interface `meta`.
#[derive(Clone, Debug, ComponentType, Lift)]
#[component(record)]
struct Problem {
    path: String,
    message: String,
}

impl From<Problem> for ConfigProblem {
    fn from(problem: Problem) -> Self {
        Self {
            path: one_line(&problem.path, PROBLEM_BYTES_MAX),
            message: one_line(&problem.message, PROBLEM_BYTES_MAX),
            is_name: false,
        }
    }
}

fn place(point: Point) -> usize {
    point.code() as usize - 1
}

fn bounded<R>(
    words: &[u32],
    asked: &Asked<'_>,
    read: impl FnOnce(&[u32]) -> Result<R, String>,
) -> Result<R, String> {
    if words.len() > asked.words_max {
        return Err(format!(
            "the verdict has {} words, at most {} are allowed",
            words.len(),
            asked.words_max
        ));
    }
    read(words)
}

/// Says what an error of wasmtime means.
fn failure(store: &Store<Guest>, error: &wasmtime::Error) -> Failure {
    if error.is::<PoolConcurrencyLimitError>() {
        return Failure::new(
            PluginFailure::Overload,
            "there are too many plugin instances at a time",
        );
    }
    if store.data().memory_refused() {
        return Failure::new(
            PluginFailure::Memory,
            "the plugin wanted more memory than it may have",
        );
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => Failure::new(PluginFailure::Deadline, "the plugin's time was up"),
        Some(trap) => Failure::new(PluginFailure::Trap, trap.to_string()),
        // No trap of the guest's code: what it passed to the host, or returned, is not as the
        // component model says.
        None => bad_output(error),
    }
}

fn bad_output(error: &wasmtime::Error) -> Failure {
    Failure::new(PluginFailure::BadOutput, error.root_cause().to_string())
}
