"""Keys and signatures: the verification code, the key list, the seal object, evidence, PAdES, the HSM."""
