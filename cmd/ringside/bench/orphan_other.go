//go:build !linux

package bench

import "syscall"

// orphaned has no children end with a bench that is killed: this system cannot.
var orphaned *syscall.SysProcAttr
