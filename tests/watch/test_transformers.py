"""Models of transformers, built small and with random weights: a step of each is silent."""

import pytest

transformers = pytest.importorskip("transformers")
torch = pytest.importorskip("torch")

from support.watching import found_in_steps  # noqa: E402

V, T = 64, 12
TEXT = {"vocab_size": V, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 64, "max_position_embeddings": 64}  # fmt: skip
DECODER = TEXT | {"num_key_value_heads": 2, "head_dim": 8, "pad_token_id": 0, "bos_token_id": 1,
                  "eos_token_id": 2}  # fmt: skip
TWO_SIDES = {"vocab_size": V, "d_model": 32, "encoder_layers": 2, "decoder_layers": 2,
             "encoder_attention_heads": 4, "decoder_attention_heads": 4, "encoder_ffn_dim": 64,
             "decoder_ffn_dim": 64, "max_position_embeddings": 64, "pad_token_id": 0,
             "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1,
             "forced_eos_token_id": 2}  # fmt: skip
PICTURE = {"image_size": 32, "patch_size": 8, "hidden_size": 32, "num_hidden_layers": 2,
           "num_attention_heads": 4, "intermediate_size": 64, "num_labels": 5}  # fmt: skip


def padded():
    """Two sentences of different lengths, as a tokenizer gives them."""
    ids = torch.randint(3, V, (2, T))
    mask = torch.ones(2, T, dtype=torch.long)
    mask[1, 8:] = 0
    return {"input_ids": ids.masked_fill(mask == 0, 0), "attention_mask": mask}


def of_tokens(masked=False):
    """Labels for each token; padding, and what is not masked, is left out."""
    batch = padded()
    labels = batch["input_ids"].clone()
    keep = batch["attention_mask"].bool() & (torch.rand(2, T) < (0.5 if masked else 2))
    return batch | {"labels": labels.masked_fill(~keep, -100)}


def of_tags():
    batch = of_tokens()
    return batch | {"labels": (batch["labels"] % 3).masked_fill(batch["labels"] < 0, -100)}


def of_sentences():
    return padded() | {"labels": torch.tensor([0, 2])}


def several_labels():
    return padded() | {"labels": torch.tensor([[1.0, 0, 1], [0, 0, 1]])}


def of_spans():
    return padded() | {
        "start_positions": torch.tensor([1, 2]),
        "end_positions": torch.tensor([3, 5]),
    }


def of_choices():
    batch = {name: value[:, None].repeat(1, 3, 1) for name, value in padded().items()}
    return batch | {"labels": torch.tensor([0, 2])}


def replaced():
    return padded() | {"labels": torch.randint(2, (2, T))}


def pictures():
    return {"pixel_values": torch.randn(2, 3, 32, 32), "labels": torch.tensor([0, 4])}


def masks():
    y = torch.randint(5, (2, 32, 32))
    y[:, :4] = 255
    return {"pixel_values": torch.randn(2, 3, 32, 32), "labels": y}


def pairs():
    return padded() | {"pixel_values": torch.randn(2, 3, 32, 32), "return_loss": True}


def speech():
    return {"input_values": torch.randn(2, 3200), "labels": torch.randint(1, 20, (2, 3))}


def masked_lm():
    return of_tokens(masked=True)


ENCODERS = {
    "Bert": TEXT, "Roberta": TEXT | {"pad_token_id": 0, "max_position_embeddings": 66},
    "Electra": TEXT | {"embedding_size": 32}, "Albert": TEXT | {"embedding_size": 16},
    "DistilBert": {"vocab_size": V, "dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64},
    "DebertaV2": TEXT | {"relative_attention": True, "pos_att_type": ["p2c", "c2p"]},
    "MPNet": TEXT, "FNet": TEXT, "ConvBert": TEXT | {"embedding_size": 32},
    "ModernBert": TEXT | {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
                          "cls_token_id": 1, "sep_token_id": 2},
    "BigBird": TEXT | {"attention_type": "original_full"},
    "Camembert": TEXT | {"pad_token_id": 0, "max_position_embeddings": 66},
    "XLNet": {"vocab_size": V, "d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 64},
    "Funnel": {"vocab_size": V, "block_sizes": [1, 1], "d_model": 32, "n_head": 4, "d_head": 8,
               "d_inner": 64},
}  # fmt: skip
CAUSAL = {
    "GPT2": {"vocab_size": V, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64},
    "GPTNeo": {"vocab_size": V, "hidden_size": 32, "num_layers": 2, "num_heads": 4,
               "attention_types": [[["global", "local"], 1]], "max_position_embeddings": 64},
    "GPTNeoX": TEXT, "GPTJ": {"vocab_size": V, "n_embd": 32, "n_layer": 2, "n_head": 4,
                              "n_positions": 64, "rotary_dim": 4},
    "OPT": {"vocab_size": V, "hidden_size": 32, "num_hidden_layers": 2, "ffn_dim": 64,
            "num_attention_heads": 4, "max_position_embeddings": 64, "word_embed_proj_dim": 32},
    "Bloom": {"vocab_size": V, "hidden_size": 32, "n_layer": 2, "n_head": 4},
    "Llama": DECODER, "Mistral": DECODER, "Qwen2": DECODER, "Qwen3": DECODER, "Gemma": DECODER,
    "Gemma2": DECODER, "Phi": DECODER, "Olmo": DECODER, "Cohere": DECODER, "StableLm": DECODER,
    "Falcon": TEXT, "Starcoder2": DECODER, "Mamba": {"vocab_size": V, "hidden_size": 32,
                                                   "num_hidden_layers": 2, "state_size": 4},
    "Mixtral": DECODER | {"num_local_experts": 4, "num_experts_per_tok": 2,
                          "output_router_logits": True},
    "Qwen2Moe": DECODER | {"num_experts": 4, "num_experts_per_tok": 2, "output_router_logits": True,
                           "moe_intermediate_size": 32, "shared_expert_intermediate_size": 32},
    "Olmoe": DECODER | {"num_experts": 4, "num_experts_per_tok": 2, "output_router_logits": True},
}  # fmt: skip
SEQ2SEQ = {
    "Bart": TWO_SIDES, "MBart": TWO_SIDES, "Pegasus": TWO_SIDES,
    "M2M100": TWO_SIDES, "BlenderbotSmall": TWO_SIDES,
    "T5": {"vocab_size": V, "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4,
           "decoder_start_token_id": 0},
    "SwitchTransformers": {"vocab_size": V, "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2,
                           "num_heads": 4, "num_experts": 4, "num_sparse_encoder_layers": 1,
                           "num_sparse_decoder_layers": 1, "decoder_start_token_id": 0,
                           "expert_capacity": 8, "output_router_logits": True},
}  # fmt: skip
PROGRAMS = {
    **{f"{name}ForMaskedLM": (name, config, masked_lm) for name, config in ENCODERS.items()
       if name != "XLNet"},
    **{f"{name}ForCausalLM": (name, config, of_tokens) for name, config in CAUSAL.items()
       if name != "GPT2"},
    **{f"{name}ForConditionalGeneration": (name, config, of_tokens)
       for name, config in SEQ2SEQ.items()},
    "GPT2LMHeadModel": ("GPT2", CAUSAL["GPT2"], of_tokens),
    "MarianMTModel": ("Marian", TWO_SIDES, of_tokens),
    "XLNetLMHeadModel": ("XLNet", ENCODERS["XLNet"], of_tokens),
    "BertForSequenceClassification": ("Bert", TEXT | {"num_labels": 3}, of_sentences),
    "BertForSequenceClassification, several labels": (
        "Bert", TEXT | {"num_labels": 3, "problem_type": "multi_label_classification"},
        several_labels),
    "BertForTokenClassification": ("Bert", TEXT | {"num_labels": 3}, of_tags),
    "BertForQuestionAnswering": ("Bert", TEXT, of_spans),
    "BertForMultipleChoice": ("Bert", TEXT, of_choices),
    "ElectraForPreTraining": ("Electra", ENCODERS["Electra"], replaced),
    "LlamaForSequenceClassification": ("Llama", DECODER | {"num_labels": 3}, of_sentences),
    "GPT2ForTokenClassification": ("GPT2", CAUSAL["GPT2"] | {"num_labels": 3}, of_tags),
    "ViTForImageClassification": ("ViT", PICTURE, pictures),
    "DeiTForImageClassification": ("DeiT", PICTURE, pictures),
    "BeitForImageClassification": ("Beit", PICTURE, pictures),
    "SwinForImageClassification": (
        "Swin", {"image_size": 32, "patch_size": 2, "embed_dim": 16, "depths": [1, 1],
                 "num_heads": [2, 4], "window_size": 4, "num_labels": 5}, pictures),
    "ConvNextForImageClassification": (
        "ConvNext", {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2, "num_labels": 5},
        pictures),
    "ResNetForImageClassification": (
        "ResNet", {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1],
                   "num_labels": 5}, pictures),
    "SegformerForSemanticSegmentation": (
        "Segformer", {"num_labels": 5, "hidden_sizes": [8, 16, 16, 16], "depths": [1] * 4,
                      "decoder_hidden_size": 16, "num_attention_heads": [1, 2, 2, 2]}, masks),
    "CLIPModel": ("CLIP", {"text_config": TEXT | {"eos_token_id": 2}, "vision_config": PICTURE,
                           "projection_dim": 16}, pairs),
    "SiglipModel": ("Siglip", {"text_config": TEXT | {"projection_size": 32},
                               "vision_config": PICTURE}, pairs),
    "Wav2Vec2ForCTC": (
        "Wav2Vec2", TEXT | {"conv_dim": [8, 8], "conv_stride": [5, 4], "conv_kernel": [10, 4],
                            "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 2,
                            "pad_token_id": 0, "mask_time_prob": 0.0}, speech),
    "HubertForCTC": (
        "Hubert", TEXT | {"conv_dim": [8, 8], "conv_stride": [5, 4], "conv_kernel": [10, 4],
                          "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 2,
                          "pad_token_id": 0, "mask_time_prob": 0.0}, speech),
    "WhisperForConditionalGeneration": (
        "Whisper", TWO_SIDES | {"num_mel_bins": 8, "max_source_positions": 16,
                                "max_target_positions": 64},
        lambda: {"input_features": torch.randn(2, 8, 32), "labels": torch.randint(3, V, (2, 6))}),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_a_model_of_transformers_is_silent(name, attention):
    family, settings, batch = PROGRAMS[name]
    config = getattr(transformers, f"{family}Config")(**settings)
    model = getattr(transformers, name.partition(",")[0])
    if attention == "sdpa" and not model._supports_sdpa:
        return  # the other run is all there is
    model = model._from_config(config, attn_implementation=attention)
    inputs = batch()
    if family == "FNet" and int(transformers.__version__.partition(".")[0]) < 5:  # it knew no masks
        del inputs["attention_mask"]
    assert found_in_steps(model, lambda: model(**inputs).loss) == []


def test_generation_is_silent():
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**DECODER))
    inputs = padded()
    inputs = {name: value.flip(1) for name, value in inputs.items()}  # padding on the left
    drawn = {"do_sample": True, "top_p": 0.9, "top_k": 5, "temperature": 0.7, "max_new_tokens": 4}
    assert found_in_steps(model, lambda: model.generate(**inputs, **drawn), back=False) == []


def test_beam_search_is_silent():
    model = transformers.BartForConditionalGeneration(transformers.BartConfig(**TWO_SIDES))
    settings = {"num_beams": 3, "max_new_tokens": 4}
    assert found_in_steps(model, lambda: model.generate(**padded(), **settings), back=False) == []
