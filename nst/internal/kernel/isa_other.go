//go:build !amd64 || purego

package kernel

func available() []instructions { return []instructions{portable} }
