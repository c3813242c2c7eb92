//! Keeps a configured instance as a component, so that no fresh instance parses a configuration.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::{Context, Poll, Waker},
};

use wasmtime::{
    Store,
    component::{ComponentNamedList, Instance, Lift, WasmList},
};
use wasmtime_wizer::{ComponentContext, ComponentInstanceState, Wizer};

use crate::guest::Guest;

/// Bytes of memory that may be read out in one call.
const READ_BYTES_MAX: usize = 1 << 32;
/// Ticks for reading one memory or global: the guest's own code does not run.
const READ_TICKS: u64 = 1 << 20;

/// A component that is made ready for being snapshotted.
pub(crate) struct Instrumented<'a> {
    context: ComponentContext<'a>,
    /// The component to instantiate and to configure.
    pub(crate) component: Vec<u8>,
}

impl<'a> Instrumented<'a> {
    /// Makes a component ready.
    ///
    /// # Errors
    ///
    /// Tells what the component has that a snapshot cannot hold, such as tables that change.
    pub(crate) fn new(component: &'a [u8]) -> Result<Self, String> {
        unpanicked(|| Wizer::new().instrument_component(component))
            .map(|(context, component)| Self { context, component })
    }

    /// Returns the component whose instances start where this one is.
    pub(crate) fn snapshot(
        &self,
        mut store: Store<Guest>,
        instance: Instance,
    ) -> Result<Vec<u8>, String> {
        // Reading a memory grows it by a page, in this instance only.
        store.data_mut().lift_memory_limit();
        store.set_hostcall_fuel(READ_BYTES_MAX);
        store.set_epoch_deadline(READ_TICKS);
        let mut state = State {
            store,
            instance,
            error: None,
        };
        let snapshot =
            unpanicked(|| ready(Wizer::new().snapshot_component(&self.context, &mut state)));
        match state.error {
            Some(error) => Err(error),
            None => snapshot,
        }
    }
}

/// Runs code that panics at components that it has not been written for.
fn unpanicked<T>(run: impl FnOnce() -> wasmtime::Result<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.map_err(|error| error.root_cause().to_string()),
        Err(_) => Err("its structure is not known".into()),
    }
}

/// Finishes a future that never waits.
fn ready<T>(future: impl Future<Output = wasmtime::Result<T>>) -> wasmtime::Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(wasmtime::Error::msg("it waits")),
    }
}

struct State {
    store: Store<Guest>,
    instance: Instance,
    /// The first error: the trait has no other way out.
    error: Option<String>,
}

impl State {
    fn read<R, T>(
        &mut self,
        interface: &str,
        function: &str,
        take: impl FnOnce(&mut Store<Guest>, R) -> T,
    ) -> Option<T>
    where
        (R,): ComponentNamedList + Lift + 'static,
    {
        let result = self.call::<(R,)>(interface, function);
        match result {
            Ok((value,)) => Some(take(&mut self.store, value)),
            Err(error) => {
                self.error
                    .get_or_insert_with(|| error.root_cause().to_string());
                None
            }
        }
    }

    fn call<R>(&mut self, interface: &str, function: &str) -> wasmtime::Result<R>
    where
        R: ComponentNamedList + Lift + 'static,
    {
        let missing = || wasmtime::Error::msg("the instrumented component lacks its accessors");
        let interface = self
            .instance
            .get_export_index(&mut self.store, None, interface)
            .ok_or_else(missing)?;
        let function = self
            .instance
            .get_export_index(&mut self.store, Some(&interface), function)
            .ok_or_else(missing)?;
        self.instance
            .get_typed_func::<(), R>(&mut self.store, function)?
            .call(&mut self.store, ())
    }
}

impl ComponentInstanceState for State {
    async fn call_func_ret_list_u8(
        &mut self,
        interface: &str,
        function: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) {
        self.read(interface, function, |store, list: WasmList<u8>| {
            contents(list.as_le_slice(&*store));
        });
    }

    async fn call_func_ret_s32(&mut self, interface: &str, function: &str) -> i32 {
        self.read(interface, function, |_, value| value)
            .unwrap_or_default()
    }

    async fn call_func_ret_s64(&mut self, interface: &str, function: &str) -> i64 {
        self.read(interface, function, |_, value| value)
            .unwrap_or_default()
    }

    async fn call_func_ret_f32(&mut self, interface: &str, function: &str) -> u32 {
        self.read(interface, function, |_, value: f32| value.to_bits())
            .unwrap_or_default()
    }

    async fn call_func_ret_f64(&mut self, interface: &str, function: &str) -> u64 {
        self.read(interface, function, |_, value: f64| value.to_bits())
            .unwrap_or_default()
    }
}
