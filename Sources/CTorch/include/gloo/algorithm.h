// LibTorch contains Gloo but not Gloo's headers, which c10d's ProcessGroupGloo.hpp includes. The files of this folder
// declare the little that it names, so that it can be read. Nothing here is ever made, called or derived from by our
// code: every object comes from LibTorch and goes back to it behind a pointer.
#pragma once
