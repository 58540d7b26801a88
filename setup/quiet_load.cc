// Loads libtensorflow_framework with standard error muted.
//
// While the library is loaded it prints two lines about oneDNN, before any environment variable or API of it can say
// otherwise. Loaded here first, it stays loaded and silent when the binding needs it; what it prints later is errors.
#include <dlfcn.h>
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

NAPI_MODULE_INIT() {
  const int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  const int null_device = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(null_device, STDERR_FILENO);
  void* library = dlopen(NUCLEATE_FRAMEWORK, RTLD_NOW | RTLD_LOCAL);
  dup2(kept, STDERR_FILENO);
  close(null_device);
  close(kept);
  if (library == nullptr) napi_throw_error(env, nullptr, dlerror());
  return exports;
}
