/* LibTorch is C++: only CTorch includes its headers. This module carries the flags of libtorch.pc. */
