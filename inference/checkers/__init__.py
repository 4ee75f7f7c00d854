"""Safety checkers: the model's own and further ones, behind one interface, each with its time and none trusted to answer.

    offers     CheckerOffer                     a [[checker]] table of the models file
    headfiles  read_head                        the file of a classifier over the model's own embedding
    checker    Checker, Views                   what every checker is and is given
    stable     StableChecker                    the StableDiffusionSafetyChecker that comes with a model
    heads      HeadChecker, write_head          a classifier over its embedding, as LAION's and Q16 are
    booth      Booth                            a thread with a time limit, for one checker
    panel      Panel                            all of them together: scores for every image, or "not measured"
    loading    load_panel, load_own             from files to a device

`offers` and `headfiles` import no torch. A verdict is nowhere here: that is the backend's.
"""
