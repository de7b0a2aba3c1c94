//! The architectures a preset can name: one row each. The networks themselves are the engine's.

use serde::{Deserialize, Serialize};

use super::value::Unranged;
use crate::{image::ImageShape, names::alternatives};

/// What is known of an architecture without building its networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelInfo {
    /// The name recorded in checkpoints.
    pub name: &'static str,
    /// A short description.
    pub about: &'static str,
    /// The latent dimensions it is built for: the dimension is part of the networks' types.
    pub latents: &'static [usize],
    /// What the networks are conditioned on, so that it can be requested.
    pub conditioning: Conditioning,
    /// Whether the discriminator has a norm that the preset field `norm` can switch off.
    pub has_discriminator_norm: bool,
    /// The images that it generates and judges.
    pub image: ImageShape,
}

/// Grey images of the size of MNIST's.
pub const MNIST_SHAPE: ImageShape = ImageShape::grey(28, 28);

/// What the networks of a model are conditioned on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conditioning {
    /// Nothing.
    Never,
    /// The class: the dataset has to have labels, of at most ten classes.
    Required,
    /// The class, if the dataset has labels of two classes to [`MOST_CLASSES`], unless the preset
    /// decides it.
    ByData,
}

/// Classes that the networks of colour images can be conditioned on, at most.
pub const MOST_CLASSES: usize = 16;

impl Conditioning {
    /// Returns the classes that there is room for in the networks.
    pub const fn room(self) -> usize {
        match self {
            Self::Never => 0,
            Self::Required => 10,
            Self::ByData => MOST_CLASSES,
        }
    }
}

/// Calls `$callback!` with one row for each architecture: the variant of [`Model`], the file of the
/// engine's `model` folder with its networks, and the fields of its [`ModelInfo`].
#[macro_export]
macro_rules! for_each_model {
    ($callback:ident) => {
        $callback! {
            /// The convolutional GAN of the reference.
            Dcgan => dcgan {
                latents: [64, 100],
                conditioning: Never,
                name: "dcgan",
                about: "the baseline DCGAN: three convolutions in the generator, four in the \
discriminator",
                has_discriminator_norm: true,
                image: MNIST_SHAPE,
            };
            /// The same with half the channels.
            DcganSmall => dcgan_small {
                latents: [64, 100],
                conditioning: Never,
                name: "dcgan-small",
                about: "as above, with half the channels",
                has_discriminator_norm: true,
                image: MNIST_SHAPE,
            };
            /// Fully connected layers only.
            Mlp => mlp {
                latents: [64, 100],
                conditioning: Never,
                name: "mlp",
                about: "fully connected layers only: 128, 256 and 512 features in the generator, 512 \
and 256 in the discriminator",
                has_discriminator_norm: false,
                image: MNIST_SHAPE,
            };
            /// The reference's networks, conditioned on the digit.
            DcganDigits => dcgan {
                latents: [64, 100],
                conditioning: Required,
                name: "dcgan-digits",
                about: "the baseline DCGAN, class-conditional: needs labels, and generates requested \
digits",
                has_discriminator_norm: true,
                image: MNIST_SHAPE,
            };
            /// The same with half the channels.
            DcganSmallDigits => dcgan_small {
                latents: [64, 100],
                conditioning: Required,
                name: "dcgan-small-digits",
                about: "as above, with half the channels",
                has_discriminator_norm: true,
                image: MNIST_SHAPE,
            };
            /// RGB images of 32x32, conditioned on the class where the dataset has some.
            Colour32 => colour32 {
                latents: [64, 100],
                conditioning: ByData,
                name: "colour32",
                about: "colour images of 32x32 pixels; class-conditional if the dataset has labels of up \
to 16 classes",
                has_discriminator_norm: true,
                image: ImageShape::rgb(32, 32),
            };
            /// RGB images of 64x64, conditioned on the class where the dataset has some.
            Colour64 => colour64 {
                latents: [64, 100],
                conditioning: ByData,
                name: "colour64",
                about: "as above, of 64x64 pixels",
                has_discriminator_norm: true,
                image: ImageShape::rgb(64, 64),
            };
        }
    };
}

/// Declares [`Model`], its variants in this order, and the row of each.
macro_rules! models {
    ($(
        $(#[$doc:meta])*
        $model:ident => $file:ident {
            latents: [$($latent:literal),*],
            conditioning: $conditioning:ident,
            $($field:ident: $value:expr,)*
        };
    )*) => {
        /// An architecture by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Model {
            $($(#[$doc])* $model,)*
        }

        impl Model {
            /// Every model, in the order in which they are listed.
            pub const ALL: &[Self] = &[$(Self::$model),*];

            /// Returns the model's row.
            pub const fn info(self) -> &'static ModelInfo {
                match self {
                    $(Self::$model => const {
                        &ModelInfo {
                            latents: &[$($latent),*],
                            conditioning: Conditioning::$conditioning,
                            $($field: $value,)*
                        }
                    },)*
                }
            }
        }
    };
}

for_each_model!(models);

impl Unranged for Model {
    fn alternatives() -> Vec<String> {
        Self::ALL.iter().map(Unranged::to_ron).collect()
    }

    fn to_ron(&self) -> String {
        format!("{self:?}")
    }
}

impl Model {
    /// Returns the model that is recorded under this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|model| model.name() == name)
    }

    /// Returns the name recorded in checkpoints.
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// Returns what the networks are conditioned on.
    pub const fn conditioning(self) -> Conditioning {
        self.info().conditioning
    }

    /// Returns whether the networks are conditioned on the class whatever the dataset.
    pub const fn is_conditional(self) -> bool {
        matches!(self.conditioning(), Conditioning::Required)
    }

    /// Returns the size of the images that the model generates.
    pub const fn image(self) -> ImageShape {
        self.info().image
    }
}

/// Returns the latent dimensions that each model is built for.
pub(super) fn latents() -> Vec<String> {
    let of = |model: &Model| alternatives(model.info().latents);
    let same = Model::ALL.iter().all(|model| of(model) == of(&Model::ALL[0]));
    vec![if same {
        format!("{}, with every model", of(&Model::ALL[0]))
    } else {
        let each = Model::ALL.iter().map(|model| format!("{} for {model:?}", of(model)));
        each.collect::<Vec<_>>().join(", ")
    }]
}
