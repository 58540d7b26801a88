// tfjs-node's binding with one function more: runSavedModelAsync, which runs a graph on a thread of libuv while JavaScript
// goes on. runSavedModel, which it has, makes JavaScript wait, so only one graph could run at a time.
//
// It needs the binding's tables of tensors and sessions, which are private: setup/binding.js compiles all sources with
// -fno-access-control, and this file in place of tfjs_binding.cc, which it includes.
#include <node_api.h>
#undef NAPI_MODULE
#define NAPI_MODULE(name, init)
#include "binding/tfjs_binding.cc"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace tfnodejs {

// One run: what it is given, and what comes of it.
struct AsyncRun {
  TFJSBackend *backend = nullptr;
  TF_Session *session = nullptr;
  std::vector<TF_Output> inputs, outputs;
  // Owned, and deleted with this.
  std::vector<TF_Tensor *> values, results;
  TF_AutoStatus status;
  napi_async_work work = nullptr;
  napi_deferred deferred = nullptr;

  ~AsyncRun() {
    for (TF_Tensor *value : values) TF_DeleteTensor(value);
    for (TF_Tensor *result : results) TF_DeleteTensor(result);
  }
};

// The outputs that "name:0,other:1" names; throws in JavaScript and returns false where the graph has no such node.
static bool FindOutputs(napi_env env, TF_Graph *graph, const std::string &names, std::vector<TF_Output> *found) {
  for (size_t begin = 0; begin < names.size();) {
    const size_t end = std::min(names.find(',', begin), names.size());
    const size_t colon = names.rfind(':', end);
    const std::string node = names.substr(begin, colon - begin);
    TF_Operation *operation = TF_GraphOperationByName(graph, node.c_str());
    if (operation == nullptr) {
      NAPI_THROW_ERROR(env, "The graph has no node %s.", node.c_str());
      return false;
    }
    found->push_back({operation, std::atoi(names.c_str() + colon + 1)});
    begin = end + 1;
  }
  return true;
}

// On a thread of libuv.
static void Execute(napi_env, void *data) {
  auto *run = static_cast<AsyncRun *>(data);
  run->results.assign(run->outputs.size(), nullptr);
  TF_SessionRun(run->session, nullptr, run->inputs.data(), run->values.data(), run->inputs.size(),
                run->outputs.data(), run->results.data(), run->outputs.size(), nullptr, 0, nullptr, run->status.status);
}

static void Settle(napi_env env, AsyncRun *run) {
  if (TF_GetCode(run->status.status) != TF_OK) {
    napi_value message, error;
    napi_create_string_utf8(env, TF_Message(run->status.status), NAPI_AUTO_LENGTH, &message);
    napi_create_error(env, nullptr, message, &error);
    napi_reject_deferred(env, run->deferred, error);
    return;
  }
  napi_value infos;
  napi_create_array_with_length(env, run->results.size(), &infos);
  for (uint32_t i = 0; i < run->results.size(); i++) {
    TFE_TensorHandle *handle = TFE_NewTensorHandle(run->results[i], run->status.status);
    napi_set_element(env, infos, i, run->backend->GenerateOutputTensorInfo(env, handle));
  }
  napi_resolve_deferred(env, run->deferred, infos);
}

static void Complete(napi_env env, napi_status, void *data) {
  auto *run = static_cast<AsyncRun *>(data);
  Settle(env, run);
  napi_delete_async_work(env, run->work);
  delete run;
}

// (session, ids of the given tensors, names of their nodes, names of the asked outputs) => Promise of tensors, as runSavedModel
// takes and returns them. The tensors may be deleted and the session may not, before the promise is settled.
static napi_value RunSavedModelAsync(napi_env env, napi_callback_info info) {
  size_t argc = 4;
  napi_value args[4];
  ENSURE_NAPI_OK_RETVAL(env, napi_get_cb_info(env, info, &argc, args, nullptr, nullptr), nullptr);
  auto run = std::make_unique<AsyncRun>();
  run->backend = GetTFJSBackend(env);
  if (run->backend == nullptr) return nullptr;

  int32_t id;
  ENSURE_NAPI_OK_RETVAL(env, napi_get_value_int32(env, args[0], &id), nullptr);
  const auto model = run->backend->tf_savedmodel_map_.find(id);
  if (model == run->backend->tf_savedmodel_map_.end()) {
    NAPI_THROW_ERROR(env, "There is no session %d.", id);
    return nullptr;
  }
  run->session = model->second.first;
  std::string names, asked;
  ENSURE_NAPI_OK_RETVAL(env, GetStringParam(env, args[2], names), nullptr);
  ENSURE_NAPI_OK_RETVAL(env, GetStringParam(env, args[3], asked), nullptr);
  if (!FindOutputs(env, model->second.second, names, &run->inputs)) return nullptr;
  if (!FindOutputs(env, model->second.second, asked, &run->outputs)) return nullptr;
  for (uint32_t i = 0; i < run->inputs.size(); i++) {
    napi_value element;
    int32_t tensor;
    ENSURE_NAPI_OK_RETVAL(env, napi_get_element(env, args[1], i, &element), nullptr);
    ENSURE_NAPI_OK_RETVAL(env, napi_get_value_int32(env, element, &tensor), nullptr);
    const auto handle = run->backend->tfe_handle_map_.find(tensor);
    if (handle == run->backend->tfe_handle_map_.end()) {
      NAPI_THROW_ERROR(env, "There is no tensor %d.", tensor);
      return nullptr;
    }
    run->values.push_back(TFE_TensorHandleResolve(handle->second, run->status.status));
    ENSURE_TF_OK_RETVAL(env, run->status, nullptr);
  }

  napi_value promise, resource;
  ENSURE_NAPI_OK_RETVAL(
      env, napi_create_string_utf8(env, "nucleate run", NAPI_AUTO_LENGTH, &resource), nullptr);
  ENSURE_NAPI_OK_RETVAL(
      env, napi_create_async_work(env, nullptr, resource, Execute, Complete, run.get(), &run->work), nullptr);
  ENSURE_NAPI_OK_RETVAL(env, napi_create_promise(env, &run->deferred, &promise), nullptr);
  ENSURE_NAPI_OK_RETVAL(env, napi_queue_async_work(env, run->work), nullptr);
  run.release();
  return promise;
}

}  // namespace tfnodejs

NAPI_MODULE_INIT() {
  exports = tfnodejs::InitTFNodeJSBinding(env, exports);
  if (exports == nullptr) return nullptr;
  napi_value function;
  if (napi_create_function(env, "runSavedModelAsync", NAPI_AUTO_LENGTH, tfnodejs::RunSavedModelAsync, nullptr,
                           &function) != napi_ok ||
      napi_set_named_property(env, exports, "runSavedModelAsync", function) != napi_ok)
    return nullptr;
  return exports;
}
