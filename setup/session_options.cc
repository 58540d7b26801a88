// Options of the sessions that tfjs-node makes, which asks for TF_NewSessionOptions() and gets these.
//
// Where NUCLEATE_GRAPPLER is "off" when a graph is loaded, TensorFlow does not rewrite it before it runs: its Grappler takes
// longer than the first run of a network, and finds nothing that makes float32 faster. See src/engine/session.ts.
#undef TF_NewSessionOptions
#include <tensorflow/c/c_api.h>

#include <cstdlib>
#include <cstring>

extern "C" TF_SessionOptions *nucleate_session_options() {
  TF_SessionOptions *options = TF_NewSessionOptions();
  const char *grappler = std::getenv("NUCLEATE_GRAPPLER");
  if (grappler == nullptr || std::strcmp(grappler, "off") != 0) return options;
  // ConfigProto { graph_options (10) { rewrite_options (10) { disable_meta_optimizer (19): true } }
  // experimental (16) { optimize_for_static_graph (12): true } },
  // tensorflow/core/protobuf/{config,rewriter_config}.proto.
  const unsigned char config[] = {0x52, 5, 0x52, 3, 0x98, 1, 1, 0x82, 1, 2, 0x60, 1};
  TF_Status *status = TF_NewStatus();
  // What a version of TensorFlow does not know, it leaves out: then graphs are rewritten, and the results are the same.
  TF_SetConfig(options, config, sizeof config, status);
  TF_DeleteStatus(status);
  return options;
}
