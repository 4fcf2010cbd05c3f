"""GPT-2 through torch and transformers: loading, tokens, the forward pass, attention, generation. No Qt."""
