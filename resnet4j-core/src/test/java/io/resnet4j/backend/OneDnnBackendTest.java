package io.resnet4j.backend;

import io.resnet4j.plan.Precision;

/** oneDNN in f32 against the reference backend in F64. */
class OneDnnBackendTest extends BackendContract {
  @Override
  Backend backend() {
    return Backends.named("onednn");
  }

  @Override
  Precision precision() {
    return Precision.F32;
  }
}
