"""How pages a second grow with Tritons and gateways, on the sleeping engine. See docs/scaling.md."""
