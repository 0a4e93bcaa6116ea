"""Turn the Hugging Face folder of the starter model into the GGUF file that SLMDesk loads.

Only ``gguf`` and NumPy are needed. llama.cpp rotates neighbouring pairs of a head where the Hugging Face layout rotates
its two halves, so the rows of the query and key weights change places on the way.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import gguf
import numpy as np

HERE = Path(__file__).resolve().parent
DESCRIPTION = (
    "The tiny starter model bundled with SLMDesk: about 5 million parameters, trained from nothing by the SLMDesk "
    "project on its own text about SLMDesk and small language models. It answers a few hundred questions and knows "
    "nothing else."
)


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    """All tensors of a safetensors file as arrays (F16 and F32 only)."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    kinds = {"F16": np.float16, "F32": np.float32}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(data[8 + length + start : 8 + length + end], dtype=kinds[entry["dtype"]]).reshape(
            entry["shape"]
        )
    return tensors


def permute(weight: np.ndarray, heads: int) -> np.ndarray:
    """Rows of a query or key weight from the halves layout to the interleaved layout of llama.cpp."""
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


def tensor_name(name: str) -> str:
    """The GGUF name of a Hugging Face tensor."""
    if name in {"model.embed_tokens.weight", "model.norm.weight"}:
        return {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}[name]
    _, _, layer, rest = name.split(".", 3)
    parts = {
        "self_attn.q_proj.weight": "attn_q.weight",
        "self_attn.k_proj.weight": "attn_k.weight",
        "self_attn.v_proj.weight": "attn_v.weight",
        "self_attn.o_proj.weight": "attn_output.weight",
        "mlp.gate_proj.weight": "ffn_gate.weight",
        "mlp.up_proj.weight": "ffn_up.weight",
        "mlp.down_proj.weight": "ffn_down.weight",
        "input_layernorm.weight": "attn_norm.weight",
        "post_attention_layernorm.weight": "ffn_norm.weight",
    }
    return f"blk.{layer}.{parts[rest]}"


def write(folder: Path, target: Path) -> None:
    """Write ``target`` from the Hugging Face folder."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    writer = gguf.GGUFWriter(str(target), "llama")
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name("SLMDesk Starter")
    writer.add_basename("slmdesk-starter")
    writer.add_organization("SLMDesk")
    writer.add_version("1")
    writer.add_size_label("5M")
    writer.add_description(DESCRIPTION)
    writer.add_license("mit")
    writer.add_languages(["en", "da"])
    writer.add_tags(["starter", "tiny", "chat"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)

    vocabulary = sorted(tokenizer["model"]["vocab"], key=tokenizer["model"]["vocab"].__getitem__)
    special = {token["content"] for token in tokenizer["added_tokens"]}
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in tokenizer["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(vocabulary)
    writer.add_token_types(
        [gguf.TokenType.CONTROL if token in special else gguf.TokenType.NORMAL for token in vocabulary]
    )
    writer.add_token_merges(merges)
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_pad_token_id(config["pad_token_id"])
    writer.add_add_bos_token(False)  # noqa: FBT003
    writer.add_add_eos_token(False)  # noqa: FBT003
    writer.add_chat_template(settings["chat_template"])

    heads = {"q_proj": config["num_attention_heads"], "k_proj": config["num_key_value_heads"]}
    for name, weight in read_safetensors(folder / "model.safetensors").items():
        part = name.split(".")[-2]
        array = permute(weight, heads[part]) if part in heads else weight
        # llama.cpp keeps vectors in F32.
        writer.add_tensor(
            tensor_name(name), np.ascontiguousarray(array.astype(np.float32 if array.ndim == 1 else np.float16))
        )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    """Parse the command line and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=HERE / "hf")
    parser.add_argument("--out", type=Path, default=HERE / "slmdesk-starter-f16.gguf")
    options = parser.parse_args()
    write(options.folder, options.out)


if __name__ == "__main__":
    main()
