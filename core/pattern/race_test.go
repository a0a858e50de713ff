//go:build race

package pattern

// raceDetector: regexp keeps its scratch memory in a sync.Pool, which forgets
// at random under the race detector, so that allocations say nothing there.
const raceDetector = true
