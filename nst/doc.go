// Package nst is neural style transfer as composable parts: a feature extractor
// that gives the maps of a frozen network by layer name, losses that compare
// them, optimisers and schedules that move the pixels, and the loop that runs
// them.
//
// # The method
//
// Gatys, Ecker and Bethge ("A Neural Algorithm of Artistic Style", 2015) look
// for the image G that minimises
//
//	L(G) = alpha * Lcontent(G, C) + beta * Lstyle(G, S)
//
// for a content image C and a style image S, by gradient steps on G's pixels.
// Both losses look at the feature maps of a network that is never trained
// further. With F the maps of G at a layer, a matrix of N maps by M positions,
// and P those of C,
//
//	Lcontent = 1/2 sum (F - P)^2                             (equation 1)
//
// compares what is where. The style is what is left of the maps when it is
// forgotten where anything is: the Gram matrix F F^T, N by N, the correlation
// of every two maps over all positions. With A that of S,
//
//	E_l = 1/(4 N^2 M^2) sum (F F^T - A)^2,  Lstyle = sum w_l E_l   (4, 5)
//
// The losses carry the meaning; the network is a tool. That is why a pyramid of
// random filters, the default here, does it too (Ustyuzhaninov et al. 2016).
//
// # The parts
//
// [Open] gives a [Network], its [Network.Extractor] the maps. A [Loss] is the
// one seam: [Content], [Gram], [Covariance], [Correlation] and [Variation] are
// built on the same methods of [Context] and [Feature] as a loss of your own,
// which takes about ten lines of ordinary Gorgonia operations ([LossFunc]). A style
// of your own is a [Statistic], numbers that are sums or means over positions, and a
// comparison; it gets several targets and masks ([Target], [Mask]) with it. What
// Gorgonia cannot compute, or not fast enough, is an [Operation] with its gradient. An
// [Objective] is their weighted sum. An [Optimizer] sees numbers and a function
// to evaluate them, a [Schedule] gives its rate, a [Start] says where the image
// begins. A [Transfer] puts them together and runs, in one size or in [Stage]s from
// coarse to fine; [Transfer.Prepare] binds it once for many images.
//
// # Conventions
//
// An [Image] is planar RGB, float32 in [0,1]. Layers go by Caffe's names
// (conv4_2 before the ReLU, relu4_2 after it) and by Keras' (block4_conv2,
// after it). Randomness comes from given seeds only, and the same transfer
// gives the same bits for any number of threads.
package nst
