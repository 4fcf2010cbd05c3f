"""GPT-2 through torch: loading, the weights, tokens, the forward pass, attention, generation. No Qt."""
