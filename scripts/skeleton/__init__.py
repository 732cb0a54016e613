"""Derive an approximate walking network of Berlin from the gaps between its blocks.

The steps, one module each: ``inputs`` reads the layers, ``motorways`` traces the motorway
corridors, ``obstacles`` builds what cannot be walked through, ``ridges`` finds the centre lines of
the gaps, ``chains`` merges them into street lines, ``open_areas`` adds assumed park paths,
``crossings`` infers bridges and underpasses, ``bridge_evidence`` decides which of them exist,
``real_lines`` adds the cycle network, ``noding`` joins everything into one graph.
"""
