//! What the console knows and where the operator is in it: plain values, one file for each panel.
//! No screen, no clock, no channels.
