//! The hall: every call enters here, whatever carried it, and leaves as a reply. No socket in it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::{ApiError, Call, Caller, ErrorKind, Head, Micros, Reply};
use fakeai_contract::{Api, Contract, Kind, Operation};
use fakeai_dialects::{ENDPOINTS, Endpoint};
use serde_json::Value;

use crate::activity::Handling;
use crate::agenda;
use crate::answer::{self, Answer};
use crate::check::Checks;
use crate::gate::{self, Arrival};
use crate::infer;
use crate::kv_events::KvEvents;
use crate::multipart;
use crate::resource;
use crate::route::{self, Route};
use crate::run::Run;
use crate::session::Session;
use crate::tasks;
use crate::uploads::Uploads;
use crate::views;
use crate::visit::Visit;
use crate::world::World;
use crate::worlds::Worlds;

/// Bytes of the body of a call that no operation of the contract takes.
const OWN_BODY: u64 = 32 << 20;

/// Starts what nobody waits for.
pub type Launch = Box<dyn Fn(Run) + Send + Sync>;

/// The hall.
pub struct Gateway {
    /// The worlds.
    pub worlds: Worlds,
    /// What was checked of what left.
    pub checks: Arc<Checks>,
    pub(crate) contract: &'static Contract,
    pub(crate) launch: Launch,
    /// Who tells what becomes of the blocks of the default world's engine.
    pub(crate) kv_events: Option<Arc<KvEvents>>,
    endpoints: Vec<Option<&'static Endpoint>>,
    /// Whether calls may wait for a disk or a network.
    blocks: bool,
}

/// Who sends a call.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// Somebody outside, who has to say who it is.
    Client,
    /// The same over a connection that remembers what was said on it.
    Connection(Talk),
    /// A realtime session, let in with this caller when it was opened.
    Session(Arc<Caller>),
    /// An object of the world, on behalf of who made it.
    House(Behalf),
}

impl Origin {
    /// What is special about the call where it came over a connection that remembers.
    pub(crate) fn talk(&self) -> Option<&Talk> {
        match self {
            Self::Connection(talk) => Some(talk),
            Self::Client | Self::Session(_) | Self::House(_) => None,
        }
    }

    /// Whether it is a line of a batch.
    pub(crate) fn is_batch(&self) -> bool {
        matches!(self, Self::House(Behalf { batch: true, .. }))
    }
}

/// What is special about a call over a connection that remembers.
#[derive(Clone, Debug)]
pub(crate) struct Talk {
    /// What it remembers.
    pub(crate) session: Arc<Session>,
    /// Whether an answer is wanted, and not only that it is prepared.
    pub(crate) generates: bool,
}

/// On whose behalf the house calls itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Behalf {
    /// Who made what calls.
    pub(crate) caller: Arc<Caller>,
    /// Whether it is a line of a batch.
    pub(crate) batch: bool,
}

/// A call with its number in the world.
struct Numbered {
    number: u64,
    call: Call,
    origin: Origin,
}

/// A reply with the world that it came from: whoever sends it waits on that world's clock.
pub struct Served {
    /// The reply.
    pub reply: Reply,
    /// The world.
    pub world: Arc<World>,
    /// When the call arrived.
    pub started: Micros,
    /// Whose wire the call is of: a body that fails yet does so in its shape.
    pub api: Api,
}

/// A WebSocket that was let in.
pub(crate) struct Admitted {
    /// Whether a realtime session is to be held over it, and not the answers of responses.
    pub(crate) is_realtime: bool,
    /// Whose wire its address is of.
    pub(crate) api: Api,
    /// What its address asks for.
    pub(crate) query: Value,
    /// Who opened it.
    pub(crate) caller: Arc<Caller>,
    /// The world that it leads to.
    pub(crate) world: Arc<World>,
    /// The number of the opening among the world's calls.
    pub(crate) number: u64,
}

impl Gateway {
    /// A hall over `worlds`; `launch` runs what goes on in the background.
    pub fn new(worlds: Worlds, launch: Launch) -> Self {
        let contract = fakeai_contract::openai();
        Self {
            blocks: worlds.default().blocks(),
            worlds,
            checks: Arc::default(),
            contract,
            launch,
            kv_events: None,
            endpoints: by_operation(contract, ENDPOINTS),
        }
    }

    /// The same hall, with sockets to be opened for the events of its cache.
    #[must_use]
    pub(crate) fn with_kv_events(mut self, kv_events: Option<Arc<KvEvents>>) -> Self {
        self.kv_events = kv_events;
        self
    }

    /// The same hall with these inference endpoints and no others, for who brings their own.
    #[must_use]
    pub fn with_endpoints(mut self, endpoints: &'static [Endpoint]) -> Self {
        self.endpoints = by_operation(self.contract, &[endpoints]);
        self
    }

    /// Takes up what a former process left to be done in the default world; other worlds are taken
    /// up when they are entered.
    pub fn take_up(&self) {
        let world = self.worlds.default();
        tasks::aside_where(self.blocks, || {
            resource::send_again(self, &world);
            agenda::keep(self, &world);
        });
    }

    /// Answers a call.
    pub fn handle(&self, call: Call) -> Served {
        tasks::aside_where(self.blocks, || {
            let (world, path) = self.worlds.enter(&call.head);
            self.handle_in(world, &path, call, Origin::Client)
        })
    }

    /// Answers a call over a connection that remembers.
    pub(crate) fn talk(&self, call: Call, talk: Talk) -> Served {
        tasks::aside_where(self.blocks, || {
            let (world, path) = self.worlds.enter(&call.head);
            self.handle_in(world, &path, call, Origin::Connection(talk))
        })
    }

    /// Answers what a realtime session asks for.
    pub(crate) fn turn(&self, world: &Arc<World>, call: Call, caller: &Arc<Caller>) -> Served {
        let origin = Origin::Session(Arc::clone(caller));
        tasks::aside_where(self.blocks, || {
            let (_, path) = self.worlds.enter(&call.head);
            self.handle_in(Arc::clone(world), &path, call, origin)
        })
    }

    /// Holds an event that a realtime session tells against its contract, where that is done.
    pub(crate) fn check_told(&self, world: &World, event: &str) {
        if world.rules.check_responses {
            self.checks.told(self.contract, route::REALTIME, event);
        }
    }

    /// Answers a call that an object of the world sends.
    pub(crate) fn errand(&self, world: &Arc<World>, call: Call, behalf: Behalf) -> Reply {
        let path = call.head.path.clone();
        self.handle_in(Arc::clone(world), &path, call, Origin::House(behalf))
            .reply
    }

    fn handle_in(&self, world: Arc<World>, path: &str, call: Call, origin: Origin) -> Served {
        let _handling = Handling::begin(&world.clock);
        let number = world.count_call();
        let request_id = world.request_id(number);
        let mut visit = Visit::open(&world, &call.head, &call.body, request_id.clone());
        let started = visit.started();
        let failures = world.store.failures();
        // Last resort, counted and logged: no bug in an answer takes the server with it.
        let answered = catch_unwind(AssertUnwindSafe(|| {
            self.answer(
                &world,
                path,
                Numbered {
                    number,
                    call,
                    origin,
                },
                &mut visit,
            )
        }));
        let answered = answered.unwrap_or_else(|_| Err(self.checks.panicked()));
        // What was said may rest on a read that failed.
        let answered = world.check_reads(failures).and(answered);
        let api = visit.api;
        // A page of our own may refuse in another server's shape.
        let is_own = matches!(&answered, Ok(answer) if !answer.status.is_success());
        let limits = visit.limits();
        let mut reply = match answered {
            Ok(answer) => answer.into_reply(visit, self, &world),
            Err(error) => answer::fail(visit, &error),
        };
        if world.rules.check_responses && !is_own && !reply.status.is_success() {
            self.checks.refusal(self.contract, api, &reply);
        }
        reply.headers.extend(limits.into_iter().flatten());
        world
            .rules
            .add_standing_headers(&request_id, &mut reply.headers);
        Served {
            reply,
            world,
            started,
            api,
        }
    }

    /// Whether a WebSocket may be opened here: the path has one, and the first gate lets it in.
    ///
    /// # Errors
    /// The ordinary reply that refuses it.
    pub(crate) fn admit_socket(&self, head: &Head) -> Result<Admitted, Box<Reply>> {
        let (world, path) = self.worlds.enter(head);
        let number = world.count_call();
        let request_id = world.request_id(number);
        let mut visit = Visit::open(&world, head, &Bytes::new(), request_id.clone());
        let admitted = route::socket(self.contract, head, &path).and_then(|route| {
            visit.api = route.api();
            let call = Call {
                head: head.clone(),
                body: Bytes::new(),
                form: None,
            };
            let mut arrival = Arrival::new(self.contract, &world, number, route, call);
            gate::by_arrival(&mut arrival, &mut visit)?;
            Ok((arrival.route, arrival.query, arrival.caller))
        });
        match admitted {
            Ok((route, query, caller)) => {
                visit.note(|record| record.status = 101);
                visit.close(None);
                Ok(Admitted {
                    is_realtime: route.is_realtime(),
                    api: route.api(),
                    query,
                    caller,
                    world,
                    number,
                })
            }
            Err(error) => {
                let mut reply = answer::fail(visit, &error);
                world
                    .rules
                    .add_standing_headers(&request_id, &mut reply.headers);
                Err(Box::new(reply))
            }
        }
    }

    /// The operation and the endpoint of chat completions.
    pub(crate) fn chat(&self) -> Option<(&'static Operation, &'static Endpoint)> {
        let operation = self.contract.operation("createChatCompletion")?;
        let endpoint = self.endpoints[usize::from(operation.index)]?;
        Some((operation, endpoint))
    }

    /// Refuses a call whose body could not be read.
    pub fn refuse(&self, head: &Head, error: &ApiError) -> Served {
        let (world, path) = self.worlds.enter(head);
        let request_id = world.request_id(world.count_call());
        let mut visit = Visit::open(&world, head, &Bytes::new(), request_id.clone());
        let api = route::api(self.contract, head, &path);
        visit.api = api;
        let started = visit.started();
        let mut reply = answer::fail(visit, error);
        world
            .rules
            .add_standing_headers(&request_id, &mut reply.headers);
        Served {
            reply,
            world,
            started,
            api,
        }
    }

    /// The most bytes that the body of this call may have, known before it is read.
    pub fn body_limit(&self, head: &Head) -> u64 {
        let (world, path) = self.worlds.enter(head);
        match route::find(self.contract, head, &path) {
            Ok(Route::Operation { operation, .. }) => operation
                .body_limit
                .unwrap_or(world.rules.max_body_bytes)
                .min(world.rules.max_body_bytes),
            Ok(Route::Own(_)) | Err(_) => OWN_BODY.min(world.rules.max_body_bytes),
        }
    }

    /// Where the parts of this call's form end and the world that its files go to, if it has a
    /// form and its operation takes one.
    pub(crate) fn takes_form(&self, head: &Head) -> Option<(Arc<World>, String)> {
        let boundary = multipart::boundary(&head.headers)?;
        let (world, path) = self.worlds.enter(head);
        match route::find(self.contract, head, &path) {
            Ok(Route::Operation { operation, .. }) if gate::takes_form(operation) => {
                Some((world, boundary))
            }
            Ok(Route::Operation { .. } | Route::Own(_)) | Err(_) => None,
        }
    }

    /// Finds the row of a call, and notes whose API it is of.
    fn find(
        &self,
        head: &Head,
        path: &str,
        origin: &Origin,
        visit: &mut Visit,
    ) -> Result<Route, ApiError> {
        let route = match origin {
            Origin::Session(_) => route::socket(self.contract, head, path),
            Origin::Client | Origin::Connection(_) | Origin::House(_) => {
                route::find(self.contract, head, path)
            }
        };
        visit.api = match &route {
            Ok(route) => route.api(),
            Err(_) => route::api(self.contract, head, path),
        };
        route
    }

    fn answer(
        &self,
        world: &Arc<World>,
        path: &str,
        numbered: Numbered,
        visit: &mut Visit,
    ) -> Result<Answer, ApiError> {
        let Numbered {
            number,
            call,
            origin,
        } = numbered;
        let route = self.find(&call.head, path, &origin, visit)?;
        if let Route::Operation { operation, .. } = &route {
            visit.reached(operation);
        }
        let mut arrival = Arrival::new(self.contract, world, number, route, call);
        arrival.origin = origin;
        let admitted = gate::by_arrival(&mut arrival, visit);
        let uploads = Uploads::of(world, arrival.call.form.take());
        admitted?;
        let Arrival {
            route,
            call,
            body,
            query,
            caller,
            origin,
            ..
        } = arrival;
        let (operation, params) = match route {
            Route::Own(view) => return (view.show)(self, world, &call, &query),
            Route::Operation {
                operation, params, ..
            } => (operation, params),
        };
        if let Some(endpoint) = self.endpoints[usize::from(operation.index)] {
            let asked = infer::Asked {
                operation,
                endpoint,
                params,
                query,
                body,
                uploads,
                base: base(&call.head, path),
                origin,
                caller,
                number,
                visit,
            };
            return infer::answer(self, world, asked);
        }
        let params = &params;
        let asked = resource::Asked {
            operation,
            params,
            query: &query,
            body,
            uploads,
            number,
            caller,
        };
        if views::serves(&operation.id) {
            return views::answer(world, &asked);
        }
        match operation.kind {
            Kind::Infer | Kind::View => resource::unserved(world, &asked),
            Kind::Resource => resource::answer(self, world, asked),
        }
    }
}

/// What stands before a world's paths, as the client sees them.
fn base(head: &Head, path: &str) -> String {
    let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = text("x-forwarded-proto").filter(|scheme| *scheme == "https");
    let host = text("host").unwrap_or("localhost");
    let world = head.path.strip_suffix(path).unwrap_or_default();
    [scheme.unwrap_or("http"), "://", host, world].concat()
}

/// The endpoint of every operation that has one, by the operation's index.
fn by_operation(
    contract: &Contract,
    endpoints: &[&'static [Endpoint]],
) -> Vec<Option<&'static Endpoint>> {
    let of = |operation: &Operation| {
        let mut endpoints = endpoints.iter().copied().flatten();
        endpoints.find(|endpoint| endpoint.operation == &*operation.id)
    };
    contract.operations().iter().map(of).collect()
}

/// The error of a path that nothing stands behind, in the provider's words.
pub(crate) fn unknown_path(head: &Head, path: &str) -> ApiError {
    ApiError::new(
        ErrorKind::NotFound,
        format!("Invalid URL ({} {path})", head.method),
    )
}
