"""Keras on TensorFlow, as its documentation writes a custom training step: `tf.function`, SGD with momentum."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import tensorflow as tf

from protocol import serve


def segmenter(size, width, norm, decoder, convolutions):
    """The network of src/models/segmenter/network.ts, with VGG16's blocks as Keras Applications has them."""
    layers = keras.layers

    def convolve(x, filters):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=not norm, kernel_initializer="he_normal")(x)
        if norm:
            x = layers.BatchNormalization(scale=False)(x)
        return layers.ReLU()(x)

    images = keras.Input((size, size, 4))
    x, features = images, []
    for block, (count, channels) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]):
        if block > 0:
            x = layers.MaxPooling2D()(x)
        for _ in range(count):
            x = convolve(x, int(channels * width))
        features.append(x)
    for skip in reversed(features[:-1]):
        x = layers.Concatenate()([skip, layers.UpSampling2D()(x)])
        for _ in range(convolutions):
            x = convolve(x, int(skip.shape[-1] * decoder))
    return keras.Model(images, layers.Conv2D(3, 1)(x))


def network(workload):
    shape = (workload["size"], workload["size"], 3)
    if workload["network"] == "segmenter":
        return segmenter(workload["size"], width=0.5, norm=True, decoder=0.5, convolutions=1)
    if workload["network"] == "segmenter-paper":
        return segmenter(workload["size"], width=1, norm=False, decoder=1, convolutions=2)
    if workload["network"] == "vgg16":
        return keras.applications.VGG16(include_top=False, weights=None, input_shape=shape)
    whole = keras.applications.InceptionResNetV2(include_top=False, weights=None, input_shape=shape)
    model = keras.Model(whole.input, whole.get_layer("block17_20_ac").output)
    if workload["norm"] == "frozen":
        for layer in model.layers:
            # Keras runs such a layer by its own statistics; its beta stays in training in our step, not in this one.
            layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
    return model


def make_step(workload):
    model = network(workload)
    images = tf.random.uniform((workload["batch"], *model.input_shape[1:]), -1, 1, seed=1)
    if workload["task"] == "forward":

        @tf.function(jit_compile=False)
        def predict(images):
            return model(images, training=False)

        return lambda: predict(images)[0, 0, 0, 0].numpy()

    optimizer = keras.optimizers.SGD(1e-4, momentum=0.9)
    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=False)
    def train(images):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(images, training=True)))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return loss

    return lambda: train(images).numpy()


serve(make_step, f"Keras {keras.__version__}, TensorFlow {tf.__version__}")
