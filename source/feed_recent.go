package source

import (
	"hash/maphash"
	"sync"
)

// recent remembers the versions of the files of late, by their keys. It forgets
// the oldest when there are too many: it spares asking the marks, and decides
// nothing that they do not. Keys and versions are kept as hashes whose seed
// nobody knows, so memory is bounded by their number alone, at about 20 MB.
type recent struct {
	seed maphash.Seed

	mu       sync.Mutex
	new, old map[uint64]uint64 // guarded by mu
}

// maxRecent is how many files each of the two generations holds.
const maxRecent = 1 << 18

func newRecent() *recent {
	return &recent{seed: maphash.MakeSeed(), new: map[uint64]uint64{}}
}

// put notes the version of a key.
func (r *recent) put(key, version string) {
	k, v := maphash.String(r.seed, key), maphash.String(r.seed, version)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.set(k, v)
}

// set is called with mu held.
func (r *recent) set(key, version uint64) {
	if len(r.new) >= maxRecent {
		r.old, r.new = r.new, map[uint64]uint64{}
	}
	r.new[key] = version
}

// get finds a key and the hash of its version.
func (r *recent) get(key string) (version uint64, known bool) {
	k := maphash.String(r.seed, key)
	r.mu.Lock()
	defer r.mu.Unlock()
	if version, known = r.new[k]; known {
		return version, true
	}
	if version, known = r.old[k]; known {
		r.set(k, version)
	}
	return version, known
}

// has tells whether some version of the key is known.
func (r *recent) has(key string) bool {
	_, known := r.get(key)
	return known
}

// same tells whether this version of the key is known.
func (r *recent) same(key, version string) bool {
	v, known := r.get(key)
	return known && v == maphash.String(r.seed, version)
}

// drop forgets a key.
func (r *recent) drop(key string) {
	k := maphash.String(r.seed, key)
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.new, k)
	delete(r.old, k)
}
