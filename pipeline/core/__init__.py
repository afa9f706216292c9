"""Mathematics: frames in, frames out. Knows no database, tracker, scheduler, environment or clock."""
