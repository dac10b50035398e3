"""What the other rooms of services read and write, as domain objects: the only code that maps rows."""
