package experiments

const numericalVersion = "1" // until nst.NumericalVersion is there
