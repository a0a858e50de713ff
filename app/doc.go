// Package app wires the parts together for the commands: it opens what lies
// outside, builds the flow from it, runs it and stops it in order. What users
// write, configurations and packs, it reads strictly: all that is wrong is told at
// once, with its place and the remedy.
package app
