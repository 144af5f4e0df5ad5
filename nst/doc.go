// Package nst provides neural style transfer as composable parts: a feature
// extractor that returns the feature maps of a frozen network by layer name, losses
// that compare feature maps, optimisers and schedules that change the pixels, and the
// loop that runs them.
//
// # The method
//
// Gatys, Ecker and Bethge ("A Neural Algorithm of Artistic Style", 2015) search
// for the image G that minimises
//
//	L(G) = alpha * Lcontent(G, C) + beta * Lstyle(G, S)
//
// for a content image C and a style image S, by gradient steps on G's pixels.
// Both losses read the feature maps of a network whose weights never change. Let F
// be the maps of G at a layer, a matrix of N maps by M positions, and P the maps of
// C. Then
//
//	Lcontent = 1/2 sum (F - P)^2                             (equation 1)
//
// compares the maps position by position. The style of an image is the Gram matrix
// F F^T, N by N: the correlation of every two maps, summed over all positions. It
// does not depend on where things are in the image. With A the Gram matrix of S,
//
//	E_l = 1/(4 N^2 M^2) sum (F F^T - A)^2,  Lstyle = sum w_l E_l   (4, 5)
//
// The network need not be trained: a pyramid of random filters, the default
// here, gives good results too (Ustyuzhaninov et al. 2016).
//
// # The parts
//
// [Open] returns a [Network]; its [Network.Extractor] computes feature maps. [Loss] is
// the interface for new losses. [Content], [Gram], [Covariance], [Correlation] and
// [Variation] use the same methods of [Context] and [Feature] as a user's loss, which
// takes about ten lines of ordinary Gorgonia operations ([LossFunc]). A new style is a
// [Statistic]: a function that computes sums or means over positions, and a function
// that compares them. A Statistic supports several targets and masks ([Target],
// [Mask]). An [Operation], with its gradient, does what Gorgonia cannot compute or
// computes too slowly. An [Objective] is the weighted sum of losses. An [Optimizer]
// sees a vector and a function that evaluates it, a [Schedule] gives the learning rate,
// and a [Start] makes the first image. A [Transfer] combines these parts and runs them,
// at one size or in [Stage]s from coarse to fine. [Transfer.Prepare] binds a transfer
// once for many images.
//
// # Conventions
//
// An [Image] is planar RGB, float32 in [0,1]. Layers have Caffe's names
// (conv4_2 before the ReLU, relu4_2 after it) and Keras' names (block4_conv2,
// after it). All randomness comes from given seeds. The same transfer gives
// bit-identical results for any number of threads.
package nst
