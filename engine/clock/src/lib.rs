//! The clock that the driver, the edge and the simulator share: real, or warped when all are idle.
