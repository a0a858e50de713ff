// Command bench measures what a scan costs, as ratios within one run, because
// seconds on a shared machine mean little. See README.md.
package main
