//go:build amd64 && !purego

#include "textflag.h"

// One byte each of what is looked for, to fill a register with.
DATA quoteByte<>+0(SB)/1, $0x22
GLOBL quoteByte<>(SB), RODATA|NOPTR, $1
DATA slashByte<>+0(SB)/1, $0x5c
GLOBL slashByte<>(SB), RODATA|NOPTR, $1
DATA openByte<>+0(SB)/1, $0x7b
GLOBL openByte<>(SB), RODATA|NOPTR, $1
DATA shutByte<>+0(SB)/1, $0x7d
GLOBL shutByte<>(SB), RODATA|NOPTR, $1
DATA caseByte<>+0(SB)/1, $0x20
GLOBL caseByte<>(SB), RODATA|NOPTR, $1

// FIND sets bit i of out when byte i of Y6:Y5 is the one in byte.
#define FIND(byte, out) \
	VPCMPEQB  byte, Y5, Y7 \
	VPCMPEQB  byte, Y6, Y8 \
	VPMOVMSKB Y7, out      \
	VPMOVMSKB Y8, DX       \
	SHLQ      $32, DX      \
	ORQ       DX, out

// func markBlocksAVX2(dst *mark, src *byte, n int, c *carry)
TEXT ·markBlocksAVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), BX
	MOVQ c+24(FP), R15
	MOVQ 0(R15), R10           // inside
	MOVQ 8(R15), R11           // escaped
	MOVQ $0x5555555555555555, R14

	VPBROADCASTB quoteByte<>(SB), Y0
	VPBROADCASTB slashByte<>(SB), Y1
	VPBROADCASTB openByte<>(SB), Y2
	VPBROADCASTB shutByte<>(SB), Y3
	VPBROADCASTB caseByte<>(SB), Y4
	VPCMPEQB     Y9, Y9, Y9    // all ones

next:
	VMOVDQU (SI), Y5
	VMOVDQU 32(SI), Y6
	FIND(Y0, AX)               // quote
	FIND(Y1, CX)               // slash

	// '[' and '{', ']' and '}' differ in bit 0x20 only.
	VPOR Y4, Y5, Y5
	VPOR Y4, Y6, Y6
	FIND(Y2, R8)               // open
	FIND(Y3, R9)               // shut

	// Quotes that are escaped do not count; see carry.escapes.
	MOVQ CX, R12
	ORQ  R11, R12
	JZ   unescaped
	MOVQ R11, R12
	NOTQ R12
	ANDQ CX, R12               // backslashes that are not escaped
	LEAQ (R11)(R12*2), R13     // what comes after them
	MOVQ R14, DX
	ORQ  R13, DX
	NOTQ DX
	ANDQ R12, DX               // runs that begin at an odd place
	XORL R11, R11
	ADDQ R12, DX
	ADCQ $0, R11
	ADDQ DX, DX
	XORQ R14, DX
	ANDQ R13, DX               // escaped bytes
	NOTQ DX
	ANDQ DX, AX

unescaped:
	// Inside of strings: the parity of the quotes so far.
	VMOVQ      AX, X7
	VPCLMULQDQ $0, X9, X7, X7
	VMOVQ      X7, DX
	XORQ       R10, DX
	MOVQ       DX, R10
	SARQ       $63, R10
	NOTQ       DX
	ANDQ       DX, R8
	ANDQ       DX, R9

	MOVQ AX, 0(DI)
	MOVQ R8, 8(DI)
	MOVQ R9, 16(DI)
	MOVQ CX, 24(DI)
	ADDQ $64, SI
	ADDQ $32, DI
	DECQ BX
	JNZ  next

	MOVQ R10, 0(R15)
	MOVQ R11, 8(R15)
	VZEROUPPER
	RET

// func hasAVX2() bool
TEXT ·hasAVX2(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)
	XORL AX, AX
	XORL CX, CX
	CPUID
	CMPL AX, $7
	JLT  done
	MOVL $1, AX
	XORL CX, CX
	CPUID
	ANDL $0x18000002, CX       // AVX, OSXSAVE, PCLMULQDQ
	CMPL CX, $0x18000002
	JNE  done
	XORL CX, CX
	XGETBV
	ANDL $6, AX                // the system keeps XMM and YMM
	CMPL AX, $6
	JNE  done
	MOVL $7, AX
	XORL CX, CX
	CPUID
	SHRL $5, BX                // AVX2
	ANDL $1, BX
	MOVB BX, ret+0(FP)

done:
	RET
