"""What was handed in, made safe."""
