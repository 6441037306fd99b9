package bench

import "syscall"

// orphaned asks a child to end when the bench does, also when that is killed. The
// system means the thread that started the child, which the runtime keeps.
var orphaned = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
