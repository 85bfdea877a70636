//! Every RPC of the contracts, called without knowing its types: a new RPC is covered by itself.

use anyhow::{Context as _, Result};
use bytes::{Buf as _, BufMut as _};
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, Value,
};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};
use xinqiao_local::databases::SERVICES;
use xinqiao_local::journey::timestamp;

/// Long enough for every text that has a least length, short enough for every name.
const TEXT: &str = "经核对材料属实，现按照规定办理，并将办理情况如实记录在案，同时书面告知有关人员，请其按期答复，逾期未答复的依照条例规定另行处理。";

/// Questions that are answered with no: the others of the same request would not fit to a yes.
const NOT_SO: [&str; 8] = [
    "anonymous",
    "joint",
    "barred",
    "affects_overall",
    "oral",
    "number_withheld",
    "id_refused",
    "consent_home_visit",
];

/// The package that every service process serves beside its own.
const EVERYWHERE: &str = "audit";

/// One RPC of one service process.
#[derive(Debug, Clone)]
pub struct Rpc {
    method: MethodDescriptor,
    process: String,
}

/// Every RPC of every service process.
pub fn rpcs() -> Result<Vec<Rpc>> {
    let pool = DescriptorPool::decode(xinqiao_proto::DESCRIPTORS)?;
    let mut found = Vec::new();
    for method in pool
        .services()
        .flat_map(|service| service.methods().collect::<Vec<_>>())
    {
        for process in processes(&method)? {
            let method = method.clone();
            found.push(Rpc { method, process });
        }
    }
    Ok(found)
}

/// The service processes that answer a method.
fn processes(method: &MethodDescriptor) -> Result<Vec<String>> {
    let package = method.parent_service().parent_file().package_name().to_owned();
    let name = package
        .split('.')
        .nth(1)
        .context("a package is xinqiao.<context>.v1")?;
    Ok(if name == EVERYWHERE {
        SERVICES.map(ToOwned::to_owned).to_vec()
    } else {
        vec![name.to_owned()]
    })
}

/// What the fields of a request are filled with.
pub trait Filling {
    /// The value of a field that names something: `case_id`, `case_no`, `unit_ids` …
    fn name_of(&self, field: &str) -> String;
    /// The value of another text field; `None` takes a sentence.
    fn text_of(&self, field: &str) -> Option<String>;
    /// Legal time.
    fn now(&self) -> time::OffsetDateTime;
}

impl Rpc {
    /// `/xinqiao.intake.v1.CaseService/GetCase`
    pub fn path(&self) -> String {
        format!(
            "/{}/{}",
            self.method.parent_service().full_name(),
            self.method.name()
        )
    }

    /// The service process that is asked.
    pub fn process(&self) -> &str {
        &self.process
    }

    /// True when it is a command: it may create something.
    pub fn is_command(&self) -> bool {
        self.method.input().get_field_by_name("request_id").is_some()
    }

    /// True when its request names something that may belong to another district.
    pub fn names_something(&self) -> bool {
        names_something(&self.method.input(), 0)
    }

    /// A request for every way its choices can be made.
    pub fn requests(&self, filling: &impl Filling) -> Vec<Vec<u8>> {
        let input = self.method.input();
        let choices = input.oneofs().map(|choice| choice.fields().count()).max();
        (0..choices.unwrap_or(1))
            .map(|variant| filled(&input, variant, 0, filling).encode_to_vec())
            .collect()
    }

    /// Calls it; of a stream the first message counts.
    pub async fn call(&self, channel: Channel, token: &str, body: Vec<u8>) -> Result<Vec<u8>, Status> {
        let mut request = Request::new(body);
        let bearer = format!("Bearer {token}").parse();
        let bearer = bearer.map_err(|_| Status::internal("no text of a header"))?;
        request.metadata_mut().insert("authorization", bearer);
        self.send(channel, request).await
    }

    /// The same with what the request carries, and nothing else.
    pub async fn send(&self, channel: Channel, request: Request<Vec<u8>>) -> Result<Vec<u8>, Status> {
        let mut grpc = Grpc::new(channel);
        grpc.ready()
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        let path = self
            .path()
            .parse()
            .map_err(|_| Status::internal("no path of an RPC"))?;
        let mut answers = grpc.server_streaming(request, path, Raw).await?.into_inner();
        Ok(answers.message().await?.unwrap_or_default())
    }

    /// An answer as people read it.
    pub fn show(&self, answer: &[u8]) -> String {
        DynamicMessage::decode(self.method.output(), answer)
            .map_or_else(|error| error.to_string(), |message| format!("{message:?}"))
    }
}

fn names_something(message: &MessageDescriptor, depth: u8) -> bool {
    depth < 4
        && message.fields().any(|field| match field.kind() {
            Kind::String => is_name(field.name()),
            Kind::Message(inner) => names_something(&inner, depth + 1),
            _ => false,
        })
}

fn is_name(field: &str) -> bool {
    let named = ["_id", "_ids", "_no"].iter().any(|end| field.ends_with(end));
    named
        && !["request_id", "id_no", "person_id", "person_ids", "request_no"]
            .iter()
            .any(|not| field.ends_with(not))
}

fn filled(message: &MessageDescriptor, variant: usize, depth: u8, filling: &impl Filling) -> DynamicMessage {
    let mut built = DynamicMessage::new(message.clone());
    for field in message.fields() {
        if let Some(choice) = field.containing_oneof() {
            let members = choice.fields().count();
            let chosen = choice.fields().nth(variant % members);
            if chosen.is_some_and(|chosen| chosen.number() != field.number()) {
                continue;
            }
        }
        if let Some(value) = value(&field, variant, depth, filling) {
            built.set_field(&field, value);
        }
    }
    built
}

fn value(field: &FieldDescriptor, variant: usize, depth: u8, filling: &impl Filling) -> Option<Value> {
    // Only an accusation names accused, and only what a tablet took down has its draft.
    if ["accused", "field_draft"].contains(&field.name()) {
        return None;
    }
    // Two of everything: investigators, witnesses and attempts come in numbers; no visitor comes twice.
    let several = matches!(field.kind(), Kind::Message(_)) && field.name() != "visitors";
    let count: u32 = if several { 2 } else { 1 };
    let one = |index| single(field, index, variant, depth, filling);
    if field.is_map() {
        None
    } else if field.is_list() {
        Some(Value::List((0..count).filter_map(one).collect()))
    } else {
        one(0)
    }
}

fn single(
    field: &FieldDescriptor,
    index: u32,
    variant: usize,
    depth: u8,
    filling: &impl Filling,
) -> Option<Value> {
    let name = field.name();
    Some(match field.kind() {
        Kind::String if name == "request_id" => Value::String(xinqiao_chassis::random::new_id().to_string()),
        Kind::String if name.ends_with("person_id") => Value::String(format!("somebody-{index}")),
        Kind::String if is_name(name) => Value::String(filling.name_of(name)),
        Kind::String => Value::String(filling.text_of(name).unwrap_or_else(|| TEXT.to_owned())),
        Kind::Bool => Value::Bool(!NOT_SO.contains(&name)),
        Kind::Enum(values) => Value::EnumNumber(
            values
                .values()
                .map(|value| value.number())
                .find(|number| *number != 0)?,
        ),
        Kind::Uint32 => Value::U32(number(name) + if name == "request_no" { index } else { 0 }),
        Kind::Uint64 => Value::U64(number(name).into()),
        Kind::Int32 => Value::I32(number(name).cast_signed()),
        Kind::Bytes => Value::Bytes(vec![7; if name.ends_with("sha256") { 32 } else { 64 }].into()),
        Kind::Message(inner) if inner.full_name() == "google.protobuf.Timestamp" => {
            let mut at = DynamicMessage::new(inner);
            at.transcode_from(&timestamp(filling.now())).ok()?;
            Value::Message(at)
        }
        Kind::Message(inner) if depth < 4 => Value::Message(filled(&inner, variant, depth + 1, filling)),
        _ => return None,
    })
}

fn number(field: &str) -> u32 {
    match field {
        "year" => 2026,
        "page_size" | "days" => 10,
        "visit_count" | "affected_count" => 2,
        _ => 1,
    }
}

/// Messages as the bytes they are.
#[derive(Debug, Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, target: &mut EncodeBuf<'_>) -> Result<(), Status> {
        target.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut item = vec![0; source.remaining()];
        source.copy_to_slice(&mut item);
        Ok(Some(item))
    }
}
