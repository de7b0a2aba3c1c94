//! The messages of event files, with the fields that scalars, images, texts and histograms need:
//! `event.proto`, `summary.proto` and `tensor.proto` of TensorFlow. Fields that are not listed are
//! passed over when a file is read.

use prost::{Message, Oneof};

/// What the first event of a file says.
pub const FILE_VERSION: &str = "brain.Event:2";

/// One record of an event file.
#[derive(Clone, PartialEq, Message)]
pub struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    pub wall_time: f64,
    #[prost(int64, tag = "2")]
    pub step: i64,
    #[prost(oneof = "What", tags = "3, 5, 7")]
    pub what: Option<What>,
}

/// What an event holds.
#[derive(Clone, PartialEq, Oneof)]
pub enum What {
    /// The first event of a file: [`FILE_VERSION`].
    #[prost(string, tag = "3")]
    FileVersion(String),
    #[prost(message, tag = "5")]
    Summary(Summary),
    #[prost(message, tag = "7")]
    SessionLog(SessionLog),
}

/// Says that a program began to write, or to write again after a restart.
#[derive(Clone, PartialEq, Message)]
pub struct SessionLog {
    /// [`SessionLog::START`]: events of this step and later ones that were written before are void.
    #[prost(int32, tag = "1")]
    pub status: i32,
}

impl SessionLog {
    pub const START: i32 = 1;
}

/// The values of a step.
#[derive(Clone, PartialEq, Message)]
pub struct Summary {
    #[prost(message, repeated, tag = "1")]
    pub value: Vec<Value>,
}

/// A value and what it is called.
#[derive(Clone, PartialEq, Message)]
pub struct Value {
    #[prost(string, tag = "1")]
    pub tag: String,
    #[prost(message, optional, tag = "9")]
    pub metadata: Option<Metadata>,
    #[prost(oneof = "Content", tags = "2, 4, 5, 8")]
    pub content: Option<Content>,
}

/// What a value is.
#[derive(Clone, PartialEq, Oneof)]
pub enum Content {
    #[prost(float, tag = "2")]
    Scalar(f32),
    #[prost(message, tag = "4")]
    Image(Image),
    #[prost(message, tag = "5")]
    Histogram(Histogram),
    #[prost(message, tag = "8")]
    Tensor(Tensor),
}

/// An encoded image.
#[derive(Clone, PartialEq, Message)]
pub struct Image {
    #[prost(int32, tag = "1")]
    pub height: i32,
    #[prost(int32, tag = "2")]
    pub width: i32,
    /// The number of channels: 1 grey, 3 RGB, 4 RGBA.
    #[prost(int32, tag = "3")]
    pub colorspace: i32,
    /// PNG, or whatever else the writer chose.
    #[prost(bytes = "vec", tag = "4")]
    pub encoded: Vec<u8>,
}

/// How often values lie below each limit, and above the limit before.
#[derive(Clone, PartialEq, Message)]
pub struct Histogram {
    #[prost(double, tag = "1")]
    pub min: f64,
    #[prost(double, tag = "2")]
    pub max: f64,
    #[prost(double, tag = "3")]
    pub num: f64,
    #[prost(double, tag = "4")]
    pub sum: f64,
    #[prost(double, tag = "5")]
    pub sum_squares: f64,
    #[prost(double, repeated, tag = "6")]
    pub bucket_limit: Vec<f64>,
    #[prost(double, repeated, tag = "7")]
    pub bucket: Vec<f64>,
}

/// Which part of TensorBoard a value is for. Only the first value of a tag need have it.
#[derive(Clone, PartialEq, Message)]
pub struct Metadata {
    #[prost(message, optional, tag = "1")]
    pub plugin: Option<Plugin>,
    #[prost(string, tag = "2")]
    pub display_name: String,
    #[prost(string, tag = "3")]
    pub description: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct Plugin {
    /// `scalars`, `images`, `text`, `histograms`.
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(bytes = "vec", tag = "2")]
    pub content: Vec<u8>,
}

/// Numbers or texts of any shape.
#[derive(Clone, PartialEq, Message)]
pub struct Tensor {
    /// One of [`Tensor::FLOAT`] and its like.
    #[prost(int32, tag = "1")]
    pub dtype: i32,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShape>,
    /// The numbers as little-endian bytes, if none of the lists below has them.
    #[prost(bytes = "vec", tag = "4")]
    pub content: Vec<u8>,
    #[prost(float, repeated, tag = "5")]
    pub floats: Vec<f32>,
    #[prost(double, repeated, tag = "6")]
    pub doubles: Vec<f64>,
    #[prost(int32, repeated, tag = "7")]
    pub ints: Vec<i32>,
    /// Texts, and encoded images.
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub strings: Vec<Vec<u8>>,
    #[prost(int64, repeated, tag = "10")]
    pub longs: Vec<i64>,
}

impl Tensor {
    pub const FLOAT: i32 = 1;
    pub const DOUBLE: i32 = 2;
    pub const INT32: i32 = 3;
    pub const STRING: i32 = 7;
    pub const INT64: i32 = 9;
    pub const HALF: i32 = 19;
}

#[derive(Clone, PartialEq, Message)]
pub struct TensorShape {
    #[prost(message, repeated, tag = "2")]
    pub dim: Vec<Dimension>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Dimension {
    #[prost(int64, tag = "1")]
    pub size: i64,
}

impl Event {
    /// Returns the event that a file begins with.
    pub fn file_version(wall_time: f64) -> Self {
        Self { wall_time, step: 0, what: Some(What::FileVersion(FILE_VERSION.into())) }
    }

    /// Returns an event with values of a step.
    pub fn summary(wall_time: f64, step: i64, value: Vec<Value>) -> Self {
        Self { wall_time, step, what: Some(What::Summary(Summary { value })) }
    }

    /// Returns the values of the event; none if it holds something else.
    pub fn values(&self) -> &[Value] {
        match &self.what {
            Some(What::Summary(summary)) => &summary.value,
            _ => &[],
        }
    }
}

impl Value {
    /// Returns a number.
    pub fn scalar(tag: impl Into<String>, value: f32) -> Self {
        Self { tag: tag.into(), metadata: None, content: Some(Content::Scalar(value)) }
    }

    /// Returns a PNG image.
    pub fn image(tag: impl Into<String>, image: Image) -> Self {
        Self { tag: tag.into(), metadata: None, content: Some(Content::Image(image)) }
    }

    /// Returns a text, in Markdown.
    pub fn text(tag: impl Into<String>, text: &str) -> Self {
        let plugin = Plugin { name: "text".into(), content: Vec::new() };
        let tensor = Tensor {
            dtype: Tensor::STRING,
            shape: Some(TensorShape { dim: vec![Dimension { size: 1 }] }),
            strings: vec![text.as_bytes().to_vec()],
            ..Tensor::default()
        };
        Self {
            tag: tag.into(),
            metadata: Some(Metadata { plugin: Some(plugin), ..Metadata::default() }),
            content: Some(Content::Tensor(tensor)),
        }
    }
}
