// Package app wires the parts together for the commands: it opens what lies
// outside, builds the flow from it and runs it. So far it reads packs.
package app
