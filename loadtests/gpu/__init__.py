"""The parts of `loadtests.gpu_bench`: shapes, random networks, arms, rounds, sections, report."""
