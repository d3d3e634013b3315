package main

import (
	"context"
	"fmt"
	"os"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/plugin/opentelemetry/tracing"
)

// Band and Song are in the plugin's example: a band has songs.
type Band struct {
	ID    uint
	Name  string
	Songs []Song
}

// Song belongs to a band.
type Song struct {
	ID     uint
	Title  string
	BandID uint
	Band   Band
}

func gormProgram() program {
	var db *gorm.DB
	prepare := func(ctx context.Context) (err error) {
		if db, err = gorm.Open(postgres.Open(os.Getenv("DATABASE_URL"))); err != nil {
			return err
		}
		if err = db.AutoMigrate(&Band{}, &Song{}); err != nil {
			return err
		}
		for n := range 12 {
			band := Band{Name: fmt.Sprint("band ", n), Songs: []Song{{Title: fmt.Sprint("song ", n)}}}
			if err = db.Create(&band).Error; err != nil {
				return err
			}
		}
		return db.Use(tracing.NewPlugin(tracing.WithoutMetrics()))
	}
	bands := func(ctx context.Context, limit int) (found []Band) {
		db.WithContext(ctx).Limit(limit).Find(&found)
		return found
	}
	songsOfEach := func(ctx context.Context, limit int) error {
		for _, band := range bands(ctx, limit) {
			var songs []Song
			if err := db.WithContext(ctx).Where("band_id = ?", band.ID).Find(&songs).Error; err != nil {
				return err
			}
		}
		return nil
	}
	return program{prepare, map[string]func(context.Context) error{
		"gorm_find_each": func(ctx context.Context) error { return songsOfEach(ctx, 12) },
		"gorm_four":      func(ctx context.Context) error { return songsOfEach(ctx, 4) },
		"gorm_preload": func(ctx context.Context) error {
			var found []Band
			return db.WithContext(ctx).Preload("Songs").Find(&found).Error
		},
		"gorm_joins": func(ctx context.Context) error {
			var found []Song
			return db.WithContext(ctx).Joins("Band").Find(&found).Error
		},
		"gorm_association_each": func(ctx context.Context) error {
			for _, band := range bands(ctx, 8) {
				var songs []Song
				if err := db.WithContext(ctx).Model(&band).Association("Songs").Find(&songs); err != nil {
					return err
				}
			}
			return nil
		},
		"gorm_first_each": func(ctx context.Context) error {
			return each(1, 8, func(n int) error { return db.WithContext(ctx).First(&Band{}, n).Error })
		},
		"gorm_in": func(ctx context.Context) error {
			var found []Band
			return db.WithContext(ctx).Find(&found, []int{1, 2, 3, 4, 5, 6, 7, 8}).Error
		},
		"gorm_same": func(ctx context.Context) error {
			return each(1, 7, func(int) error { return db.WithContext(ctx).First(&Band{}, 1).Error })
		},
		"gorm_create_each": func(ctx context.Context) error {
			return each(1, 6, func(n int) error {
				return db.WithContext(ctx).Create(&Song{Title: fmt.Sprint("new ", n), BandID: 1}).Error
			})
		},
		"gorm_create_all": func(ctx context.Context) error {
			songs := make([]Song, 60)
			for n := range songs {
				songs[n] = Song{Title: fmt.Sprint("new ", n), BandID: 1}
			}
			return db.WithContext(ctx).Create(&songs).Error
		},
		"gorm_create_in_batches": func(ctx context.Context) error {
			songs := make([]Song, 300)
			for n := range songs {
				songs[n] = Song{Title: fmt.Sprint("new ", n), BandID: 1}
			}
			return db.WithContext(ctx).CreateInBatches(&songs, 50).Error
		},
		"gorm_save_each": func(ctx context.Context) error {
			for _, band := range bands(ctx, 6) {
				if err := db.WithContext(ctx).Model(&band).Update("name", band.Name+"!").Error; err != nil {
					return err
				}
			}
			return nil
		},
		"gorm_find_in_batches": func(ctx context.Context) error {
			var found []Song
			batch := func(*gorm.DB, int) error { return nil }
			return db.WithContext(ctx).FindInBatches(&found, 50, batch).Error
		},
	}}
}
