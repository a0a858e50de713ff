//go:build amd64 && !purego

package event

// vector says that the processor has what markBlocksAVX2 uses, and that the
// operating system keeps its registers.
var vector = hasAVX2()

// markBlocks fills dst from as many blocks of src.
func markBlocks(dst []mark, src []byte, c *carry) {
	if !vector || len(dst) == 0 {
		markBlocksGo(dst, src, c)
		return
	}
	markBlocksAVX2(&dst[0], &src[:len(dst)*block][0], len(dst), c)
}

// markBlocksAVX2 is markBlocksGo for n > 0 blocks, with AVX2 and PCLMULQDQ.
//
//go:noescape
func markBlocksAVX2(dst *mark, src *byte, n int, c *carry)

// hasAVX2 asks for AVX2 and PCLMULQDQ.
func hasAVX2() bool
