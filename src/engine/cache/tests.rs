//! Images and notes, and everything that may be wrong with them.
